import { Ajv2020 } from "ajv/dist/2020.js";
import { isRecord } from "../../src/protocol/record.ts";

/** Holds answers against a description of the API; what they say beyond it is a misfit, too. */
export class DescriptionCheck {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  readonly #paths: Record<string, unknown>;

  constructor(description: Record<string, unknown>) {
    this.#ajv.addSchema({ ...recordOf(closed(description)), $id: "api" });
    this.#paths = recordOf(description.paths);
  }

  /** What is wrong with an answer to a request; empty when it is as described. */
  misfits(
    request: { method: string; path: string },
    answer: { status: number; body: unknown; headers?: Headers },
  ): string[] {
    const bare = request.path.split("?")[0] ?? "";
    const method = request.method.toLowerCase();
    const path = Object.keys(this.#paths).find(
      (one) => fits(one, bare) && recordOf(this.#paths[one])[method] !== undefined,
    );
    if (path === undefined) return [`${request.method} ${bare} is not described`];
    const operation = recordOf(recordOf(this.#paths[path])[method]);
    const response = recordOf(recordOf(operation.responses)[String(answer.status)]);
    const [type] = Object.keys(recordOf(response.content));
    if (type === undefined) return [`${request.method} ${path} is not described to answer ${answer.status}`];
    const pointer = ["paths", path, method, "responses", String(answer.status), "content", type, "schema"];
    const told = new Set(Object.keys(recordOf(response.headers)).map((name) => name.toLowerCase()));
    const { code } = recordOf(answer.body);
    const isUnnamed =
      answer.status >= 400 && code !== undefined && !String(response.description).includes(`\`${String(code)}\``);
    const untold = apiHeaders.filter((name) => answer.headers?.has(name) === true && !told.has(name));
    const unnamed = isUnnamed ? [`${method} ${path} is not described to answer ${String(code)}`] : [];
    return [...this.#check(pointer, answer.body), ...unnamed, ...untold.map((name) => `${name} is not described`)];
  }

  /** What is wrong with a body of a request. */
  bodyMisfits(pointer: readonly string[], body: unknown): string[] {
    return this.#check(pointer, body);
  }

  #check(pointer: readonly string[], value: unknown): string[] {
    const escaped = pointer.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
    const validate = this.#ajv.compile({ $ref: `api#/${escaped.join("/")}` });
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const { unevaluatedProperty = "" } = recordOf(params);
      return `${instancePath} ${message} ${String(unevaluatedProperty)}`.trimEnd();
    });
  }
}

const apiHeaders = ["x-trace-id", "server-timing", "etag", "retry-after"];

/** A description in which objects have no properties but those that are described. */
function closed(part: unknown, name = ""): unknown {
  if (Array.isArray(part)) return part.map((one) => closed(one));
  if (!isRecord(part) || ["example", "examples", "enum", "const"].includes(name)) return part;
  const entries = Object.entries(part).map(([key, value]) => [key, closed(value, key)] as const);
  const isOpen = isRecord(part.properties) && part.additionalProperties === undefined;
  return { ...Object.fromEntries(entries), ...(isOpen ? { unevaluatedProperties: false } : {}) };
}

function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith("{") || part === given[i]);
}

export function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
