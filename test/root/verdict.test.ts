import { describe, expect, it } from "vitest";
import { requireEnough, type ShardVerdict, type Verdict } from "../../src/root/verdict.ts";

const told = { leaf: null, attempts: 1, hedged: false, tookMs: 1, documents: 0, sequence: null };

function nothingFrom(outcomes: readonly ShardVerdict["outcome"][]): Verdict {
  const shards = outcomes.map((outcome, shard) => ({ shard, outcome, ...told }));
  const missing = { total: shards.length, complete: 0, truncated: 0, missing: shards.length };
  return { complete: false, coverage: { documents: 0, shards: missing }, shards };
}

describe("an answer with nothing in it", () => {
  it.each([
    [["late", "failed"], undefined, "deadline_exceeded", "raise budgetMs"],
    [["failed", "failed"], undefined, "deadline_exceeded", "every attempt failed"],
    [["shed", "shed"], undefined, "overloaded", "limit"],
    [["unavailable", "unavailable"], undefined, "not_ready", "/readyz"],
    [["failed", "failed"], "ask for fewer", "invalid_request", "ask for fewer"],
    [["failed", "late"], "ask for fewer", "invalid_request", "ask for fewer"],
  ] as [ShardVerdict["outcome"][], string | undefined, string, string][])(
    "of %j, with the plan refused as %s, is %s",
    (outcomes, refusal, code, detail) => {
      const verdict = nothingFrom(outcomes);
      const judged = (): void => requireEnough(verdict, { minCoverage: 0, refusal });
      expect(judged).toThrow(detail);
      expect(judged).toThrow(
        expect.objectContaining({ code, facts: { coverage: verdict.coverage, shards: verdict.shards } }),
      );
    },
  );
});
