import type { SchemaPart } from "./schema-rows.ts";

/** What the page reads of `/openapi.json`. */
export type Media = { schema?: SchemaPart; examples?: Record<string, { summary: string; value: unknown }> };
export type ApiParameter = {
  name: string;
  in: string;
  description: string;
  required?: boolean;
  schema: SchemaPart;
  example?: unknown;
};
export type ApiOperation = {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: ApiParameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
};
export type ApiDescription = {
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, ApiOperation>>;
  components: { schemas: Record<string, SchemaPart> };
};

/** A request that an example stands for. */
export type ExampleRequest = { method: string; path: string; type?: string; body?: string };

/** An operation's examples as requests, its path filled in from its parameters' examples. */
export function exampleRequests(
  method: string,
  path: string,
  { parameters = [], requestBody }: ApiOperation,
): { summary: string; request: ExampleRequest }[] {
  const filled = parameters
    .filter((one) => one.in === "path")
    .reduce((text, { name, example }) => text.replace(`{${name}}`, String(example ?? `{${name}}`)), path);
  const upper = method.toUpperCase();
  const bodies = Object.entries(requestBody?.content ?? {}).flatMap(([type, { examples = {} }]) =>
    Object.values(examples).map(({ summary, value }) => ({
      summary,
      request: { method: upper, path: filled, type, body: typeof value === "string" ? value : JSON.stringify(value) },
    })),
  );
  if (requestBody !== undefined) return bodies;
  const query = path.endsWith("/search") ? "?q=fear+of+heights" : "";
  return filled.includes("{") ? [] : [{ summary: "", request: { method: upper, path: filled + query } }];
}

/** A request as a command for a shell. */
export function curlText(origin: string, { method, path, type, body }: ExampleRequest): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const isUsual = method === (body === undefined ? "GET" : "POST");
  return [
    `curl${isUsual ? "" : ` -X ${method}`} ${quoted(origin + path)}`,
    ...(type === undefined ? [] : [`-H ${quoted(`content-type: ${type}`)}`]),
    ...(body === undefined ? [] : [`--data-binary ${quoted(body)}`]),
  ].join(" \\\n  ");
}
