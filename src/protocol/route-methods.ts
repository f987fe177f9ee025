import { HedgerowError } from "../errors.ts";

/** An address that some route answers, in its parts: `:name` stands for any one part, `*` for all that follow. */
type Route = { methods: readonly string[]; parts: readonly string[] };

/** The routes of a server, for those who come by another method than an address takes. */
export class RouteMethods {
  readonly #routes: Route[] = [];

  add(methods: string | readonly string[], pattern: string): void {
    this.#routes.push({ methods: [methods].flat(), parts: partsOf(pattern) });
  }

  /** What to tell of a request that no route took: which methods its address takes, or that there is nothing. */
  refusalOf(method: string, address: string): { error: HedgerowError; headers: Record<string, string> } {
    const path = address.split("?")[0] ?? "";
    const parts = partsOf(path);
    const taken = this.#routes.filter((route) => isAt(route, parts)).flatMap(({ methods }) => methods);
    if (taken.length === 0) {
      return { error: new HedgerowError("not_found", `there is nothing at ${method} ${path}`), headers: {} };
    }
    const allow = [...new Set(taken)].sort().join(", ");
    return {
      error: new HedgerowError("method_not_allowed", `${path} takes ${allow}, not ${method}`),
      headers: { allow },
    };
  }
}

/** A slash at the end means nothing. */
function partsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.at(-1) === "" ? parts.slice(0, -1) : parts;
}

function isAt({ parts: pattern }: Route, parts: readonly string[]): boolean {
  if (pattern.at(-1) !== "*")
    return pattern.length === parts.length && pattern.every((part, i) => fits(part, parts[i]));
  return parts.length >= pattern.length && pattern.slice(0, -1).every((part, i) => fits(part, parts[i]));
}

function fits(pattern: string, part: string | undefined): boolean {
  return pattern.startsWith(":") ? part !== "" : part === pattern;
}
