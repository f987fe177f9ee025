import { hash } from "node:crypto";
import type { Plan, PlanClause, PlanFilter } from "../protocol/plan.ts";

/** Longer texts than this go by their hash: a root remembers thousands of them, and callers write them. */
const lettersMax = 200;

/**
 * What kind of work a plan is, as a short text: two plans of one shape take the same paths through a leaf, with other
 * words and numbers. Counts are told apart by their power of two, so that there are few shapes.
 */
export function planShape(plan: Plan): string {
  const { filter, facets, sort, highlight } = plan;
  const shape = [
    plan.index,
    plan.incarnation,
    clauseKinds(plan.clauses),
    `m${magnitude(plan.matchAtLeast)}`,
    `t${magnitude(plan.top)}`,
    filter === undefined ? "" : filterKind(filter),
    facets === undefined ? "" : facets.map(({ field, size }) => `${field}:${magnitude(size)}`).join(","),
    sort === undefined ? "" : sort.map(({ field, descending }) => `${field}${descending ? "-" : "+"}`).join(","),
    plan.after === undefined ? "" : "after",
    plan.returned?.length === 0 ? "bare" : "",
    highlight === undefined ? "" : highlight.join(","),
    plan.explain === true ? "explained" : "",
  ].join("|");
  return named(shape);
}

function clauseKinds(clauses: readonly PlanClause[]): string {
  const kinds: string[] = [];
  const counts: number[] = [];
  for (const clause of clauses) {
    const kind = clauseKind(clause);
    const known = kinds.indexOf(kind);
    if (known < 0) {
      kinds.push(kind);
      counts.push(1);
    } else counts[known] = (counts[known] ?? 0) + 1;
  }
  const counted = kinds.map((kind, i) => `${kind}x${magnitude(counts[i] ?? 0)}`);
  return counted.length === 1 ? (counted[0] ?? "") : counted.sort().join("+");
}

/** The very query, as a short text: two plans of one shape and the same words are one query asked twice. */
export function planWords({ index, incarnation, clauses, filter }: Plan): string {
  const words = clauses.map(({ occur, terms }) => `${occur[0]}${terms.map(({ term }) => term).join(" ")}`);
  return named(JSON.stringify([index, incarnation, words, filter ?? null]));
}

/** The text itself where it is short, as people can read it; else a name of the same few letters for equal texts alone. */
function named(text: string): string {
  return text.length <= lettersMax ? text : `sha256:${hash("sha256", text, "base64url")}`;
}

function clauseKind({ occur, terms, phrase, fieldBoosts }: PlanClause): string {
  const words = phrase === undefined ? "" : `p${magnitude(phrase.length)}`;
  return `${occur[0]}${magnitude(terms.length)}${words}${fieldBoosts === undefined ? "" : "f"}`;
}

function filterKind(filter: PlanFilter): string {
  switch (filter.kind) {
    case "in":
      return `in:${filter.field}:${magnitude(filter.values.length)}`;
    case "range":
      return `range:${filter.field}`;
    case "not":
      return `not(${filterKind(filter.of)})`;
    default: {
      const kinds = new Set(filter.of.map(filterKind));
      return `${filter.kind}${magnitude(filter.of.length)}(${[...kinds].sort().join(",")})`;
    }
  }
}

/** 0, 1, 2 (2 and 3), 3 (4 to 7) and so on. */
function magnitude(count: number): number {
  return 32 - Math.clz32(count);
}
