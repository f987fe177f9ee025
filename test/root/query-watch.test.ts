import { describe, expect, it } from "vitest";
import { HedgerowError } from "../../src/errors.ts";
import { ReplicaHealth } from "../../src/policy/replica.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import type { AttemptRecord } from "../../src/root/attempt-record.ts";
import type { ShardOutcome, ShardReport } from "../../src/root/gather-contract.ts";
import type { Gathered } from "../../src/root/gathered.ts";
import { type EndedQuery, reasonToKeep } from "../../src/root/kept-query.ts";
import { type HeldBack, LineBudget, searchLines } from "../../src/root/line-budget.ts";
import { watchQueries } from "../../src/root/query-watch.ts";
import type { SpanRecord } from "../../src/telemetry/span.ts";
import { virtualTime } from "../support/virtual-time.ts";

const rules = { slowMs: 100, traceEvery: 0 };
const plan: Plan = {
  ...{ index: "demo", incarnation: 1, epoch: "e", bm25: { k1: 0.9, b: 0.4 }, fieldBoosts: [1], averageLengths: [1] },
  ...{ clauses: [{ occur: "optional", terms: [{ term: "secret", weight: 1 }] }], matchAtLeast: 1, top: 10 },
};

function report(outcome: ShardOutcome): ShardReport {
  const answered = outcome === "complete" || outcome === "truncated";
  return {
    outcome,
    winner: answered ? 0 : undefined,
    replica: new ReplicaHealth({ leaf: "leaf-1" }),
    ...{ attempts: 1, hedged: false, tookMs: 5, queuedMs: 1, serviceMs: 4, documents: 10, documentsTotal: 10 },
    errors: [],
  };
}

const lost: AttemptRecord = {
  ...{ shard: 0, purpose: "first", leaf: "leaf-1", budgetMs: 90, sentMs: 1002, end: "cancelled", endedMs: 1020 },
  ...{ won: false, code: undefined, reply: undefined, offset: undefined, batch: 7 },
};
const hedge: AttemptRecord = {
  ...lost,
  ...{ purpose: "hedge", leaf: "leaf-2", sentMs: 1010, end: "answered", won: true, batch: 3 },
  reply: {
    ...{ outcome: "complete", documents: 10, documentsTotal: 10, sequence: 1, total: 0, totalExact: true },
    ...{ hits: [], documentSizesBytes: [], queuedMs: 2, tookMs: 6 },
  },
};

function gathered(outcomes: readonly ShardOutcome[]): Gathered {
  const reports = outcomes.map(report);
  const coverage = outcomes.filter((outcome) => outcome === "complete").length / outcomes.length;
  const attempts = [lost, hedge];
  const told = { refusal: undefined, misfit: undefined };
  const result = { reports, answers: [], coverage, withdrawn: false, attempts, ...told };
  return { plan, result, attempts, startMs: 1000, plannedMs: 1001, gatheredMs: 1020, deadlineMs: 1240 };
}

function ended(changes: Partial<EndedQuery> = {}): EndedQuery {
  return {
    ...{ index: "demo", text: "secret", startMs: 1000, readyMs: 1000, doneMs: 1021, budgetMs: 250, end: "answered" },
    trace: {
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      spanId: "00f067aa0ba902b7",
      parentSpanId: undefined,
      sampled: false,
    },
    failure: undefined,
    gathered: gathered(["complete", "complete"]),
    ...changes,
  };
}

const sampled = { ...ended().trace, sampled: true };

describe("a trace", () => {
  it.each<[string, Partial<EndedQuery>, string | undefined]>([
    ["of a search like any other is let go", {}, undefined],
    ["of a slow search is kept", { doneMs: 1100 }, "slow"],
    ["of one that waited for a write, and was quick then, is let go", { readyMs: 1090, doneMs: 1110 }, undefined],
    ["of one that was given up late is kept", { doneMs: 1100, end: "abandoned" }, "slow"],
    ["of a partial one is kept", { gathered: gathered(["complete", "late"]) }, "partial"],
    ["of a truncated one is kept", { gathered: gathered(["complete", "truncated"]) }, "partial"],
    ["of one that was given up is not partial", { gathered: gathered(["late", "late"]), end: "abandoned" }, undefined],
    ["of one that the service failed is kept", { end: "failed", failure: new Error("x") }, "failed"],
    [
      "of one past its deadline is kept",
      { end: "failed", failure: new HedgerowError("deadline_exceeded", "") },
      "failed",
    ],
    [
      "of one that made no sense is let go",
      { end: "failed", failure: new HedgerowError("invalid_query", "") },
      undefined,
    ],
    ["that its caller keeps is kept", { trace: sampled }, "asked"],
    ["of an answer from the cache is let go", { gathered: undefined }, undefined],
  ])("%s", (_what, changes, reason) => {
    expect(reasonToKeep(ended(changes), rules)).toBe(reason);
  });

  it("is drawn one time in so many, the same by every root", () => {
    const ids = Array.from(
      { length: 4000 },
      (_, i) => `${"a".repeat(24)}${((i * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, "0")}`,
    );
    const kept = ids.filter(
      (traceId) =>
        reasonToKeep(ended({ trace: { ...ended().trace, traceId } }), { ...rules, traceEvery: 10 }) === "drawn",
    );
    expect(kept.length).toBeGreaterThan(300);
    expect(kept.length).toBeLessThan(500);
  });
});

describe("what is said of a search", () => {
  function watched(settings: { logsAll?: boolean; showText?: boolean; traced?: boolean } = {}) {
    const lines: { level: string; fields: object; message: string }[] = [];
    const spans: SpanRecord[] = [];
    const told: HeldBack[] = [];
    const budget = new LineBudget({ rate: searchLines, ...virtualTime(), onHeldBack: (some) => void told.push(some) });
    const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
    const watch = watchQueries({
      rules,
      log: { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") },
      lines: budget,
      logsAll: settings.logsAll ?? false,
      showText: settings.showText ?? false,
      sink:
        settings.traced === false
          ? undefined
          : { take: (_trace, root) => void spans.push(root), close: async () => undefined },
    });
    return { watch, lines, spans, told, budget };
  }

  it("is nothing of one like any other, unless all are logged: then a line at debug", () => {
    const quiet = watched();
    expect(quiet.watch(ended())).toBeUndefined();
    expect([quiet.lines, quiet.spans]).toEqual([[], []]);
    const loud = watched({ logsAll: true });
    loud.watch(ended());
    expect(loud.lines).toMatchObject([{ level: "debug", message: "search", fields: { traceId: sampled.traceId } }]);
  });

  it("is a line always where it was slow or partial, with its trace and without its words", () => {
    const { watch, lines, spans } = watched({ traced: false });
    expect(watch(ended({ doneMs: 1100 }))).toBe(sampled.traceId);
    expect(watch(ended({ gathered: gathered(["complete", "late"]) }))).toBe(sampled.traceId);
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ["warn", "search was slow"],
      ["warn", "search was partial"],
    ]);
    expect(lines[1]?.fields).toMatchObject({
      ...{ traceId: sampled.traceId, coverage: 0.5, attempts: 2, hedges: 1, scatterMs: 19 },
      missing: [{ shard: 1, outcome: "late", leaf: "leaf-1", errors: [] }],
    });
    expect(JSON.stringify(lines)).not.toContain("secret");
    expect(spans).toEqual([]);
  });

  it("is a line each of the first in an outage and a count of the rest, and every one's spans", () => {
    const outage = watched();
    for (let i = 0; i < 300; i++) outage.watch(ended({ doneMs: 1100 }));
    for (let i = 0; i < 200; i++) outage.watch(ended({ end: "failed", failure: new Error("x") }));
    outage.budget.close();
    expect(outage.lines).toHaveLength(searchLines.burst);
    expect(outage.told).toEqual([{ slow: 300 - searchLines.burst, failed: 200 }]);
    expect(outage.spans).toHaveLength(500);
  });

  it("names the leaf that refused a plan, and why, whatever came of the search", () => {
    const { watch, lines } = watched();
    const one = gathered(["complete", "complete"]);
    const misfit = { leaf: "leaf-1", shard: 0, detail: "it speaks of 2 text fields; the index has 1" };
    watch(ended({ gathered: { ...one, result: { ...one.result, misfit } } }));
    const fields = { traceId: sampled.traceId, index: "demo", ...misfit };
    expect(lines).toEqual([{ level: "warn", message: "leaf refused a plan", fields }]);
  });

  it("names a trace only where it can be found: by its line, or where traces go", () => {
    const slow = ended({ doneMs: 1100 });
    const [dark, traced] = [watched({ traced: false }), watched()];
    const named = ({ watch }: typeof dark): number =>
      Array.from({ length: 80 }, () => watch(slow)).filter(Boolean).length;
    expect([named(dark), named(traced)]).toEqual([searchLines.burst, 80]);
  });

  it("is a line of each, however many, where all are logged", () => {
    const loud = watched({ logsAll: true });
    for (let i = 0; i < 300; i++) loud.watch(ended({ doneMs: 1100 }));
    loud.budget.close();
    expect([loud.lines.length, loud.told]).toEqual([300, []]);
  });

  it("holds what was searched for only where that is allowed, in log and spans", () => {
    for (const showText of [false, true]) {
      const { watch, lines, spans } = watched({ showText });
      watch(ended({ doneMs: 1100 }));
      expect(JSON.stringify(lines).includes("secret")).toBe(showText);
      expect(JSON.stringify(spans).includes("secret")).toBe(showText);
    }
  });

  it("is a span for the search, each shard, each attempt, and what its leaf did in between", () => {
    const { watch, spans } = watched();
    watch(ended({ doneMs: 1100 }));
    const [root] = spans;
    expect(root).toMatchObject({ name: "search", kind: "server", startMs: 1000, endMs: 1100 });
    expect(root?.children.map(({ name }) => name)).toEqual(["plan", "shard", "shard", "merge"]);
    const attempts = root?.children[1]?.children ?? [];
    expect(attempts).toMatchObject([
      { name: "attempt", batch: "leaf-1 7", attributes: { "hedgerow.cancelled": true, "hedgerow.purpose": "first" } },
      { name: "attempt", batch: "leaf-2 3", attributes: { "hedgerow.cancelled": false, "hedgerow.won": true } },
    ]);
    expect(attempts[0]?.children).toEqual([]);
    expect(attempts[1]?.children.map(({ name, startMs, endMs }) => [name, startMs, endMs])).toEqual([
      ["leaf queue", 1011, 1013],
      ["leaf search", 1013, 1019],
    ]);
    for (const child of root?.children ?? []) expect(child.endMs).toBeGreaterThanOrEqual(child.startMs);
  });
});
