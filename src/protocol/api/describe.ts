import { type ErrorCode, errorTable } from "../../errors.ts";
import { problemMediaType } from "../problem.ts";
import { isRecord } from "../record.ts";
import { type Operation, operations, type Parameter } from "./operations.ts";
import { answerSchemas, named, type Schema } from "./schemas.ts";

/** A part of an OpenAPI document. */
type Part = { readonly [key: string]: unknown };

const ofUnknownParameters: readonly ErrorCode[] = ["invalid_request"];
/** Also where none is wanted: what comes all the same may be too large or too slow, or of no type that is read here. */
const ofBodies: readonly ErrorCode[] = ["timed_out", "too_large", "unsupported_media_type"];
/** Where keys are configured; where none are, another name than this machine's own is `forbidden`, too. */
const ofKeys: readonly ErrorCode[] = ["unauthenticated", "forbidden", "rate_limited"];
/** While one is under way no index is served. */
const ofRestores: readonly ErrorCode[] = ["not_ready"];

/**
 * An OpenAPI 3.1 document of the routes as they were declared, completed by what the table of operations says: names,
 * parameters, examples, answers and errors. A route without an entry is described as it stands.
 */
export function completeDescription(declared: Part, profile: Schema): Part {
  const paths = Object.entries(partOf(declared.paths)).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(partOf(methods)).map(([method, route]) => {
        const operation = operations[`${method.toUpperCase()} ${path}`];
        const described = operation && { ...operation, errors: errorsOf(operation, method, path) };
        return [method, described === undefined ? route : operationPart(described, partOf(route))];
      }),
    ),
  ]);
  return {
    ...declared,
    tags: [
      { name: "search", description: "Asking" },
      { name: "documents", description: "Writing and reading documents" },
      { name: "indexes", description: "Indexes and aliases" },
      { name: "operating", description: "Watching and moving" },
    ],
    components: {
      schemas: answerSchemas(profile),
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "where keys are configured" } },
    },
    security: [{}, { key: [] }],
    paths: Object.fromEntries(paths),
  };
}

/** An operation's own errors and those that all of its kind have in common, each once. */
function errorsOf({ errors, isOpen = false }: Operation, method: string, path: string): readonly ErrorCode[] {
  const isApi = path.startsWith("/v1/");
  const all: readonly ErrorCode[] = [
    ...errors,
    ...(isApi ? ofUnknownParameters : []),
    ...(isApi && method !== "get" ? ofBodies : []),
    ...(path.includes("{index}") ? ofRestores : []),
    ...(isOpen ? [] : ofKeys),
  ];
  return [...new Set(all)];
}

function operationPart(operation: Operation, route: Part): Part {
  const { id, tag, summary, description, parameters, body, isOpen = false } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(isOpen ? { security: [] } : {}),
    ...(parameters === undefined ? {} : { parameters: parameters.map((one) => parameterPart(one, route)) }),
    ...(body === undefined && route.requestBody === undefined ? {} : { requestBody: bodyPart(operation, route) }),
    responses: { ...answerParts(operation), ...errorParts(operation.errors) },
  };
}

/** A parameter, under the schema that the route validates it by, where it has one. */
function parameterPart(parameter: Parameter, route: Part): Part {
  const declared = Array.isArray(route.parameters) ? route.parameters.map(partOf) : [];
  const same = declared.find(({ name, in: place }) => name === parameter.name && place === parameter.in);
  return { ...parameter, schema: same?.schema ?? parameter.schema };
}

function bodyPart({ body = {}, bodyOptional = false }: Operation, route: Part): Part {
  const declared = partOf(partOf(route.requestBody).content);
  const types = new Set([...Object.keys(body), ...Object.keys(declared)]);
  const content = [...types].map((type) => {
    const { schema, examples } = body[type] ?? {};
    const shown = schema ?? partOf(declared[type]).schema ?? {};
    return [type, { schema: shown, ...(examples === undefined ? {} : { examples }) }];
  });
  return { required: !bodyOptional, content: Object.fromEntries(content) };
}

function answerParts({ answers }: Operation): Part {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, types = ["application/json"], schema, tagged = false }]) => {
      const headers = tagged ? { ...ofEveryAnswer, ETag: etag } : ofEveryAnswer;
      const content = Object.fromEntries(types.map((type) => [type, { schema }]));
      return [status, { description, headers, ...(schema === undefined ? {} : { content }) }];
    }),
  );
}

const text = { type: "string" };
const ofEveryAnswer = {
  "X-Trace-Id": { description: "names the request in logs and traces", schema: text },
  "Server-Timing": { description: "how long it took, in milliseconds", schema: text, example: "total;dur=3.20" },
};
const etag = { description: "the document's version, for If-Match", schema: text, example: '"42"' };
const retryAfter = { description: "seconds to wait before it is sent again", schema: { type: "integer", minimum: 1 } };

/** Errors by status; those that share one are told apart by their code. */
function errorParts(errors: readonly ErrorCode[]): Part {
  const statuses = [...new Set(errors.map((code) => errorTable[code].status))].sort((a, b) => a - b);
  const parts = statuses.map((status) => {
    const codes = errors.filter((code) => errorTable[code].status === status);
    const description = codes.map((code) => `\`${code}\`: ${errorTable[code].title}`).join("; ");
    const headers = status === 429 ? { ...ofEveryAnswer, "Retry-After": retryAfter } : ofEveryAnswer;
    return [status, { description, headers, content: { [problemMediaType]: { schema: named("Problem") } } }];
  });
  return Object.fromEntries(parts);
}

function partOf(value: unknown): Part {
  return isRecord(value) ? value : {};
}
