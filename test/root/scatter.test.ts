import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { policyDefaults } from "../../src/policy/settings.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import type { AttemptError, ShardReply } from "../../src/protocol/link.ts";
import type { SearchHandler } from "../../src/root/leaf-link.ts";
import { LeafTimes } from "../../src/root/leaf-times.ts";
import { Scatter, type ScatterFeed, type ScatterResult } from "../../src/root/scatter.ts";
import { seededRandom, type Timers } from "../../src/time.ts";
import { virtualTime } from "../support/virtual-time.ts";

const documents = 10;

/** What happens to one attempt at its leaf: nothing for ever, or something after a while. */
type Fate =
  | { kind: "silent" }
  | { kind: "reply"; afterMs: number; outcome: ShardReply["outcome"]; again: boolean }
  | { kind: "error"; afterMs: number; code: AttemptError["code"] }
  | { kind: "down" };

const delayMs = fc.integer({ min: 0, max: 150 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant<Fate>({ kind: "silent" }),
  fc.constant<Fate>({ kind: "down" }),
  fc.record({
    kind: fc.constant("reply" as const),
    afterMs: delayMs,
    outcome: fc.constantFrom("complete" as const, "truncated" as const),
    again: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("error" as const),
    afterMs: delayMs,
    code: fc.constantFrom<AttemptError["code"]>(
      "overloaded",
      "expired",
      "crashed",
      "disconnected",
      "unknown_shard",
      "bad_plan",
      "too_large",
      "bad_reply",
    ),
  }),
);

const story = fc.record({
  /** The fates of each shard's attempts, in the order in which they are sent. */
  fates: fc.array(fc.array(fate, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
  budgetMs: fc.integer({ min: 1, max: 120 }),
  minCoverage: fc.constantFrom(0, 0.5, 1),
  hedge: fc.boolean(),
  tiedDelayMs: fc.constantFrom(undefined, 5),
  /** One replica of each shard is sent copies. */
  onProbation: fc.boolean(),
  /** When the caller goes; before 0: before anything was sent. */
  gone: fc.oneof(fc.constant(undefined), fc.constant(-1), delayMs),
  seed: fc.integer(),
});
type Story = typeof story extends fc.Arbitrary<infer Told> ? Told : never;

/** One attempt as its link saw it. */
type Seen = { shard: number; request: number; sentMs: number; ended: "answered" | "cancelled" | undefined };

class Play {
  readonly time = virtualTime();
  readonly seen: Seen[] = [];
  readonly results: { result: ScatterResult; atMs: number }[] = [];
  readonly deadlineMs: number;
  readonly goneMs: number;
  /** Timers of the scatter itself that have neither run nor been cancelled. */
  readonly timers = new Set<object>();
  timersLeft = 0;
  /** Copies that were still under way at the result. */
  copiesLeft = 0;
  #requests = 0;

  constructor(told: Story) {
    const { clock, timers } = this.time;
    const settings = {
      ...policyDefaults,
      hedge: { ...policyDefaults.hedge, fixedDelayMs: 10, tiedDelayMs: told.tiedDelayMs },
      probation: { ...policyDefaults.probation, shadowShare: 1 },
    };
    const policy = new TailPolicy({ settings, random: seededRandom(told.seed) });
    const shards = told.fates.map((fates, shard) => {
      const queue = [...fates];
      const feeds = ["a", "b"].map((leaf): ScatterFeed => {
        const health = policy.replica({ leaf });
        if (told.onProbation && leaf === "b") health.standing = "probation";
        return { health, leafTimes: new LeafTimes(), link: this.#link(shard, queue) };
      });
      return {
        feeds,
        health: policy.shard(
          feeds.map(({ health }) => health),
          documents,
        ),
      };
    });
    this.deadlineMs = clock.nowMs() + told.budgetMs;
    this.goneMs = told.gone === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() + told.gone;
    const { minCoverage, hedge } = told;
    const scatter = new Scatter(
      { shards, plan: new Uint8Array(), deadlineMs: this.deadlineMs, minCoverage, hedge, queryClass: 0 },
      { policy, clock, timers: this.#watched(), afterPoll: (run) => void timers.after(0, run) },
    );
    if (told.gone === -1) scatter.cancel();
    else if (told.gone !== undefined) timers.after(told.gone, () => scatter.cancel());
    void scatter.run().then((result) => {
      this.results.push({ result, atMs: clock.nowMs() });
      this.timersLeft = this.timers.size;
      this.copiesLeft = result.attempts.filter(({ end }) => end === "open").length;
    });
  }

  #watched(): Timers {
    return {
      after: (delayMs, run) => {
        const timer = this.time.timers.after(delayMs, () => {
          this.timers.delete(watched);
          run();
        });
        const watched = {
          cancel: () => {
            this.timers.delete(watched);
            timer.cancel();
          },
        };
        this.timers.add(watched);
        return watched;
      },
    };
  }

  #link(shard: number, fates: Fate[]): ScatterFeed["link"] {
    const { clock, timers } = this.time;
    return {
      search: (_search, handler) => {
        const next = fates.shift() ?? { kind: "silent" };
        if (next.kind === "down") return undefined;
        const seen: Seen = { shard, request: ++this.#requests, sentMs: clock.nowMs(), ended: undefined };
        this.seen.push(seen);
        if (next.kind !== "silent") timers.after(next.afterMs, () => this.#end(seen, handler, next));
        return seen.request;
      },
      cancel: (request) => {
        const seen = this.seen.find((one) => one.request === request);
        if (seen?.ended === undefined && seen !== undefined) seen.ended = "cancelled";
      },
      clockOffset: () => undefined,
      batch: 0,
    };
  }

  #end(seen: Seen, handler: SearchHandler, fate: Exclude<Fate, { kind: "silent" | "down" }>): void {
    // A link says nothing more of a search that was cancelled.
    if (seen.ended !== undefined) return;
    seen.ended = "answered";
    if (fate.kind === "error") {
      handler.onError(seen.request, { code: fate.code, detail: `it said ${fate.code}` });
      return;
    }
    handler.onStarted(seen.request);
    if (seen.ended !== "answered") return;
    handler.onReply(seen.request, replyOf(fate.outcome), Buffer.alloc(0));
    if (fate.again) handler.onReply(seen.request, replyOf(fate.outcome), Buffer.alloc(0));
  }
}

function replyOf(outcome: ShardReply["outcome"]): ShardReply {
  const covered = outcome === "complete" ? documents : documents / 2;
  const counts = { documents: covered, documentsTotal: documents, sequence: 1, total: 0, queuedMs: 0, tookMs: 1 };
  return { outcome, ...counts, totalExact: true, hits: [], documentSizesBytes: [] };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await Promise.resolve();
}

describe("a scatter, whatever its links and timers do", () => {
  it("ends once, by its deadline, with nothing left under way and nothing sent after", async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const play = new Play(told);
        for (let ms = 0; ms < 200; ms++) {
          play.time.advance(1);
          await settled();
        }
        expect(play.results).toHaveLength(1);
        const { result, atMs } = play.results[0] ?? { result: undefined, atMs: Number.NaN };
        expect(atMs).toBeLessThanOrEqual(play.deadlineMs);
        expect(play.seen.map(({ ended }) => ended)).not.toContain(undefined);
        for (const { sentMs } of play.seen) expect(sentMs).toBeLessThanOrEqual(Math.min(atMs, play.goneMs));
        expect(play.timersLeft).toBe(play.copiesLeft > 0 ? 1 : 0);
        expect(play.timers.size).toBe(0);
        told.fates.forEach((_, shard) => {
          const seenMax = told.onProbation && told.hedge ? 3 : 2;
          expect(play.seen.filter((seen) => seen.shard === shard).length).toBeLessThanOrEqual(seenMax);
        });
        const answered = new Set(result?.answers.map(({ shard }) => shard));
        expect(answered.size).toBe(result?.answers.length);
        result?.reports.forEach(({ outcome }, shard) => {
          expect(outcome).toBeDefined();
          const down = told.fates[shard]?.every(({ kind }) => kind === "down") === true;
          if (down && (told.gone ?? 1) > 0) expect(outcome).toBe("failed");
          expect(outcome === "complete" || outcome === "truncated").toBe(answered.has(shard));
        });
        for (const attempt of result?.attempts ?? []) {
          const { sentMs, endedMs, end, won, shard, purpose } = attempt;
          expect(end).not.toBe("open");
          expect(endedMs).toBeGreaterThanOrEqual(sentMs);
          expect(endedMs).toBeLessThanOrEqual(purpose === "shadow" ? play.deadlineMs : atMs);
          expect(attempt.code !== undefined).toBe(end === "failed");
          if (won) expect([end, answered.has(shard)]).toEqual(["answered", true]);
        }
        // Its end is told up to a millisecond late: who goes about then may be heard before or after it.
        if (play.goneMs > atMs || play.goneMs < atMs - 1) expect(result?.withdrawn).toBe(play.goneMs < atMs);
        const isRefused = result?.attempts.some(({ code }) => code === "too_large") === true;
        expect(result?.refusal).toBe(isRefused ? "it said too_large" : undefined);
        const misfit = result?.attempts.find(({ code }) => code === "bad_plan");
        const { leaf, shard } = misfit ?? {};
        expect(result?.misfit).toEqual(misfit && { leaf, shard, detail: "it said bad_plan" });
        expect(result?.attempts.filter(({ won }) => won).length).toBe(answered.size);
        const covered = result?.answers.reduce((sum, { reply }) => sum + reply.documents, 0) ?? 0;
        expect(result?.coverage).toBeCloseTo(covered / (documents * told.fates.length));
      }),
      { seed: 3, numRuns: 400 },
    );
  });
});
