import { indexNamePattern } from "../protocol/index-request.ts";
import { budgetMsLimit } from "../protocol/search-request.ts";
import { type Key, nameLengthMax, requestsMax, type Scope, scopes } from "../security/keys.ts";
import type { FlagValues } from "./flags.ts";

/** What a new key is to be. */
export const newKeyFlags = {
  scopes: { kind: "list", placeholder: "A,B", reason: `what it may do: ${scopes.join(", ")} (search)` },
  indexes: { kind: "list", placeholder: "A,B*", reason: "the indexes and aliases that it is for (all: *)" },
  requestsPerS: { kind: "number", min: 0.001, max: requestsMax, reason: "requests a second; more are refused" },
  burst: { kind: "number", min: 1, max: requestsMax, reason: "requests at once after a pause" },
  budgetMs: { kind: "number", min: 1, max: budgetMsLimit, reason: "milliseconds of a search that does not say" },
  budgetMsMax: { kind: "number", min: 1, max: budgetMsLimit, reason: "milliseconds that a search has at most" },
} as const;

type Wishes = FlagValues<typeof newKeyFlags>;

const indexName = new RegExp(indexNamePattern);
const indexNames =
  "names of up to 64 letters a-z, digits, _ and -, a letter or digit first, each perhaps with one * at its end";

/** The key that flags ask for; a problem, naming the argument, where there can be no such key or it would be of no use. */
export function keyFrom(base: Pick<Key, "name" | "id" | "sha256">, wishes: Wishes): Key | { problem: string } {
  const { scopes: asked = ["search"], indexes = ["*"], requestsPerS, burst, budgetMs, budgetMsMax } = wishes;
  const problem = nameProblem(base.name) ?? scopesProblem(asked) ?? indexesProblem(indexes) ?? limitsProblem(wishes);
  if (problem !== undefined) return { problem };
  return {
    ...base,
    scopes: asked.filter(isScope),
    indexes,
    ...(requestsPerS === undefined ? {} : { requestsPerS }),
    ...(burst === undefined ? {} : { burst }),
    ...(budgetMs === undefined ? {} : { budgetMs }),
    ...(budgetMsMax === undefined ? {} : { budgetMsMax }),
  };
}

function nameProblem(name: string): string | undefined {
  const isFit = name !== "" && name.length <= nameLengthMax;
  return isFit ? undefined : `the name of a key has from 1 to ${nameLengthMax} characters, not ${name.length}`;
}

function scopesProblem(asked: readonly string[]): string | undefined {
  const unknown = asked.find((one) => !isScope(one));
  return unknown === undefined ? undefined : `--scopes takes ${scopes.join(", ")}, not "${unknown}"`;
}

function isScope(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}

function indexesProblem(patterns: readonly string[]): string | undefined {
  const idle = patterns.find((pattern) => !canCover(pattern));
  return idle === undefined ? undefined : `--indexes takes ${indexNames}, not "${idle}"`;
}

/** Whether there can be an index or an alias that a pattern is for. What names may begin with is a name itself. */
function canCover(pattern: string): boolean {
  return pattern === "*" || indexName.test(pattern.endsWith("*") ? pattern.slice(0, -1) : pattern);
}

function limitsProblem({ requestsPerS, burst, budgetMs, budgetMsMax }: Wishes): string | undefined {
  if (burst !== undefined && requestsPerS === undefined) return "--burst needs --requests-per-s beside it";
  if (budgetMs === undefined || budgetMsMax === undefined || budgetMs <= budgetMsMax) return undefined;
  return `--budget-ms must be at most ${budgetMsMax}, as --budget-ms-max says, not ${budgetMs}`;
}
