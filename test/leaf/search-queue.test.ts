import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HedgerowError } from "../../src/errors.ts";
import type { ReplyTo, RunningSearch, SearchFailure } from "../../src/leaf/search.ts";
import { createSearchQueue, type SearchQueue } from "../../src/leaf/search-queue.ts";
import type { LeafProfile } from "../../src/protocol/leaf-profile.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts";

const plan: Plan = {
  index: "demo",
  incarnation: 1,
  epoch: "e",
  bm25: { k1: 0.9, b: 0.4 },
  fieldBoosts: [],
  averageLengths: [],
  clauses: [],
  matchAtLeast: 0,
  top: 10,
};

/** `detailsMs`: of work once the hits are known, a thousand letters each tenth. `scores`: of the hits, as text, since JSON has no number without end. */
type Script = {
  workMs?: number;
  closingMs?: number;
  detailsMs?: number;
  top?: number;
  refuse?: SearchFailure;
  throws?: unknown;
  profile?: boolean;
  scores?: string[];
};

/** A queue over searches that take as long as their plans say, on a clock that moves only while they work. */
class Bench {
  readonly time: VirtualTime = virtualTime();
  readonly said: string[] = [];
  readonly counted: string[] = [];
  readonly profiles: (LeafProfile | undefined)[] = [];
  readonly totals: number[] = [];
  readonly turns: (() => void)[] = [];
  readonly queue: SearchQueue;
  #last = 0;

  constructor(waitingMax = 4) {
    this.queue = createSearchQueue({
      clock: this.time.clock,
      schedule: (turn) => void this.turns.push(turn),
      settings: {
        ...{ waitingMax, sliceMs: 1, replyReserveMs: 0.5, hitReserveMs: 0.001 },
        ...{ detailReserveMs: 3, letterReserveMs: 0.000_05 },
      },
      meter: {
        started: (queuedMs) => void this.counted.push(`started after ${queuedMs}`),
        replied: (outcome) => void this.counted.push(outcome),
        failed: (code) => void this.counted.push(code),
        cancelled: (stage) => void this.counted.push(`cancelled ${stage}`),
      },
      resolve: (bytes) => {
        const script: Script = JSON.parse(Buffer.from(bytes).toString());
        if (script.refuse !== undefined) return { kind: "refused", error: script.refuse };
        const { profile, top = plan.top } = script;
        const asked = profile === undefined ? { ...plan, top } : { ...plan, top, profile };
        return { kind: "found", plan: asked, shard: { prepare: () => this.#running(script) } };
      },
    });
  }

  readonly replyTo: ReplyTo = {
    started: (request) => void this.said.push(`${request} started`),
    reply: (request, reply) => {
      this.said.push(`${request} ${reply.outcome} ${reply.documents}`);
      this.profiles.push(reply.profile);
      this.totals.push(reply.total);
    },
    failure: (request, { code }) => void this.said.push(`${request} ${code}`),
  };

  /** The search's number; undefined where it was refused. */
  submit(script: Script, { budgetMs = 100, tied = false } = {}): number | undefined {
    this.#last++;
    const search = { request: this.#last, shard: 0, plan: Buffer.from(JSON.stringify(script)), budgetMs, tied };
    return this.queue.submit({ ...search, replyTo: this.replyTo }) ? this.#last : undefined;
  }

  /** Runs turns until none is due. Answers how many there were. */
  run(): number {
    let ran = 0;
    for (let turn = this.turns.shift(); turn !== undefined; turn = this.turns.shift()) {
      turn();
      ran++;
    }
    return ran;
  }

  /** Works a tenth of a millisecond at a time; `documents` counts them, and `total` what was done once it was stopped. */
  #running({ workMs = 0.1, closingMs = 0, detailsMs = 0, throws, scores = [] }: Script): RunningSearch {
    const steps = Math.round(workMs * 10);
    let done = 0;
    let detailed = 0;
    let closing: number | undefined;
    return {
      step: (shouldPause) => {
        if (throws === "refused") throw new HedgerowError("invalid_query", "no");
        if (throws !== undefined) throw new Error(String(throws));
        while (closing !== undefined && closing < closingMs * 10) {
          this.time.advance(0.1);
          closing++;
          if (shouldPause()) return closing >= closingMs * 10;
        }
        while (done < steps && closing === undefined) {
          this.time.advance(0.1);
          done++;
          if (shouldPause()) return done === steps && detailsMs === 0;
        }
        while (detailed < detailsMs * 10) {
          this.time.advance(0.1);
          detailed++;
          if (shouldPause()) return detailed >= detailsMs * 10;
        }
        return true;
      },
      stop: () => {
        closing ??= 0;
      },
      finish: () => ({
        outcome: done === steps ? "complete" : "truncated",
        documents: done,
        documentsTotal: steps,
        sequence: 5,
        total: closing ?? 0,
        totalExact: done === steps,
        hits: scores.map((score, i) => ({ id: `${i}`, score: Number(score) })),
        sources: [],
      }),
      get postings() {
        return done * 1000;
      },
      get detailLetters() {
        return detailsMs > 0 && done === steps ? detailed * 1000 : undefined;
      },
    };
  }
}

describe("search queue", () => {
  it("tells of its work where that is asked, by its own clock, and leaves out what others had in between", () => {
    const bench = new Bench();
    const arrivedMs = bench.time.clock.nowMs();
    bench.submit({ workMs: 1.5 });
    bench.submit({ workMs: 2.5, profile: true });
    while (bench.turns.length > 0) {
      bench.turns.shift()?.();
      bench.time.advance(0.5);
    }
    const [plain, told] = bench.profiles;
    expect(plain).toBeUndefined();
    expect(told).toMatchObject({ arrivedMs, postings: 25_000, slices: 3 });
    expect(told?.kernelMs).toBeCloseTo(2.5);
    expect(told?.startedMs).toBeCloseTo(arrivedMs + 2);
    const { startedMs = 0, repliedMs = 0 } = told ?? {};
    expect(repliedMs - startedMs).toBeCloseTo(2.5 + 2 * 0.5);
  });

  it("runs searches in the order they came", () => {
    const bench = new Bench();
    for (const workMs of [2, 0.5, 1]) bench.submit({ workMs });
    bench.run();
    expect(bench.said).toEqual(["1 complete 20", "2 complete 5", "3 complete 10"]);
    expect(bench.queue.length).toBe(0);
  });

  it("gives the sockets a turn after every slice", () => {
    const bench = new Bench();
    bench.submit({ workMs: 5 });
    expect(bench.run()).toBeGreaterThanOrEqual(5);
  });

  it("runs several short searches in one slice", () => {
    const bench = new Bench();
    for (let i = 0; i < 4; i++) bench.submit({ workMs: 0.1 });
    expect(bench.run()).toBe(1);
    expect(bench.said).toHaveLength(4);
  });

  it("refuses at once what its queue has no room for, and takes more when there is room", () => {
    const bench = new Bench(2);
    expect(bench.submit({})).toBeDefined();
    expect(bench.submit({})).toBeDefined();
    expect(bench.submit({})).toBeUndefined();
    expect(bench.said).toEqual(["3 overloaded"]);
    bench.run();
    expect(bench.submit({})).toBeDefined();
  });

  it("drops what is late when its turn comes, counting the time in the queue", () => {
    const bench = new Bench();
    bench.submit({ workMs: 30 });
    bench.submit({}, { budgetMs: 20 });
    bench.submit({}, { budgetMs: 40 });
    bench.run();
    expect(bench.said).toEqual(["1 complete 300", "2 expired", "3 complete 1"]);
  });

  it("stops at the deadline less its reserve, with the best so far", () => {
    const bench = new Bench();
    bench.submit({ workMs: 50 }, { budgetMs: 10 });
    const beganMs = bench.time.clock.nowMs();
    bench.run();
    expect(bench.said[0]).toMatch(/^1 truncated 9[4-6]$/);
    expect(bench.time.clock.nowMs() - beganMs).toBeLessThanOrEqual(9.6);
  });

  it("scans no longer than leaves time to put many hits in order, which it does in slices, too", () => {
    const bench = new Bench();
    const beganMs = bench.time.clock.nowMs();
    bench.submit({ workMs: 50, closingMs: 3, top: 2000 }, { budgetMs: 20 });
    const turns = bench.run();
    // Of 19.5 ms 2 are kept for writing and 4 for putting in order, which took 3.
    expect(bench.said[0]).toMatch(/^1 truncated 13[4-6]$/);
    expect(bench.totals).toEqual([30]);
    expect(bench.time.clock.nowMs() - beganMs).toBeLessThan(17.5);
    expect(turns).toBeGreaterThanOrEqual(16);

    const late = new Bench();
    late.submit({ workMs: 50, closingMs: 30, top: 2000 }, { budgetMs: 20 });
    late.run();
    expect(late.said[0]).toMatch(/^1 truncated 13[4-6]$/);
    expect(late.time.clock.nowMs() - beganMs).toBeLessThanOrEqual(17.7);
  });

  it("keeps the more time for the answer, the longer the details are that it has by then", () => {
    const bench = new Bench();
    const beganMs = bench.time.clock.nowMs();
    bench.submit({ workMs: 1, detailsMs: 200 });
    bench.run();
    expect(bench.said).toEqual(["1 complete 10"]);
    // Of 99.5 ms 3 are kept, and half a millisecond for each that went into details.
    const tookMs = bench.time.clock.nowMs() - beganMs;
    expect(tookMs).toBeGreaterThan(64);
    expect(tookMs).toBeLessThan(67);
  });

  it("lets whoever waits go before the details of another's hits, after each slice", () => {
    const bench = new Bench();
    bench.submit({ workMs: 0.5, detailsMs: 30 });
    const endedMs: number[] = [];
    for (let i = 0; i < 6; i++) {
      bench.submit({ workMs: 0.5 });
      const beganMs = bench.time.clock.nowMs();
      while (bench.said.length === i) bench.turns.shift()?.();
      endedMs.push(bench.time.clock.nowMs() - beganMs);
    }
    expect(Math.max(...endedMs)).toBeLessThan(2.5);
    bench.run();
    expect(bench.said).toEqual([...[2, 3, 4, 5, 6, 7].map((request) => `${request} complete 5`), "1 complete 5"]);
  });

  it("answers in time with the details it has, though another's long search goes on, and can be cancelled meanwhile", () => {
    const bench = new Bench();
    const beganMs = bench.time.clock.nowMs();
    bench.submit({ workMs: 0.5, detailsMs: 30 }, { budgetMs: 20 });
    bench.submit({ workMs: 0.5, detailsMs: 30 }, { budgetMs: 20 });
    bench.submit({ workMs: 60 }, { budgetMs: 90 });
    while (bench.said.length === 0) {
      bench.turns.shift()?.();
      if (bench.time.clock.nowMs() - beganMs > 8 && bench.queue.has(bench.replyTo, 2)) {
        expect(bench.queue.length).toBe(3);
        expect(bench.queue.cancel(bench.replyTo, 2)).toBe(true);
        expect(bench.counted.at(-1)).toBe("cancelled running");
      }
    }
    expect(bench.said).toEqual(["1 complete 5"]);
    expect(bench.time.clock.nowMs() - beganMs).toBeLessThan(19);
    bench.run();
    expect(bench.said.at(-1)).toBe("3 complete 600");
  });

  it("stops a search that runs when it is cancelled, and says nothing more of it", () => {
    const bench = new Bench();
    bench.submit({ workMs: 50 });
    bench.submit({ workMs: 0.1 });
    bench.turns.shift()?.();
    const workedMs = bench.time.clock.nowMs();
    expect(bench.queue.cancel(bench.replyTo, 1)).toBe(true);
    bench.run();
    expect(bench.time.clock.nowMs() - workedMs).toBeLessThan(1);
    expect(bench.said).toEqual(["2 complete 1"]);
    expect(bench.counted).toContain("cancelled running");
  });

  it("forgets a search that waits when it is cancelled, and makes room for another", () => {
    const bench = new Bench(1);
    bench.submit({});
    expect(bench.queue.cancel(bench.replyTo, 1)).toBe(true);
    expect(bench.queue.cancel(bench.replyTo, 1)).toBe(false);
    expect(bench.submit({})).toBeDefined();
    bench.run();
    expect(bench.said).toEqual(["2 complete 1"]);
    expect(bench.counted.filter((what) => what.startsWith("cancelled"))).toEqual(["cancelled queued"]);
  });

  it("stops everything of one asker and nothing of another, though their numbers are alike", () => {
    const [ours, theirs] = [new Bench(), new Bench()];
    for (const replyTo of [ours.replyTo, theirs.replyTo]) {
      for (const request of [1, 2]) {
        const plan = Buffer.from(JSON.stringify({ workMs: 5 }));
        ours.queue.submit({ request, shard: 0, plan, budgetMs: 100, tied: false, replyTo });
      }
    }
    ours.turns.shift()?.();
    expect(ours.queue.has(ours.replyTo, 1)).toBe(true);
    ours.queue.cancelAll(ours.replyTo);
    expect([1, 2].map((request) => ours.queue.has(ours.replyTo, request))).toEqual([false, false]);
    expect([1, 2].map((request) => ours.queue.has(theirs.replyTo, request))).toEqual([true, true]);
    ours.run();
    expect(ours.said).toEqual([]);
    expect(theirs.said).toEqual(["1 complete 50", "2 complete 50"]);
    expect(ours.counted.filter((what) => what.startsWith("cancelled"))).toEqual([
      "cancelled running",
      "cancelled queued",
    ]);
  });

  it("says that a tied search started, and of others nothing", () => {
    const bench = new Bench();
    bench.submit({}, { tied: true });
    bench.submit({}, { tied: false });
    bench.run();
    expect(bench.said).toEqual(["1 started", "1 complete 1", "2 complete 1"]);
  });

  it.each([
    [{ throws: "boom" }, "1 crashed"],
    [{ throws: "refused" }, "1 bad_plan"],
    [{ scores: ["1", "NaN"] }, "1 bad_plan"],
    [{ scores: ["Infinity"] }, "1 bad_plan"],
    [{ refuse: { code: "unknown_shard", detail: "" } } as const, "1 unknown_shard"],
  ])("answers %j and goes on with the next", (script, said) => {
    const bench = new Bench();
    bench.submit(script);
    bench.submit({});
    bench.run();
    expect(bench.said).toEqual([said, "2 complete 1"]);
  });

  it("ends every search exactly once, whatever comes in between", () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("submit" as const),
        workMs: fc.integer({ min: 0, max: 40 }).map((tenths) => tenths / 10),
        budgetMs: fc.integer({ min: 1, max: 12 }),
        detailsMs: fc.constantFrom(0, 0, 3),
        fails: fc.boolean(),
      }),
      fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant("turn" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bench = new Bench(3);
        const taken: number[] = [];
        const cancelled = new Set<number>();
        let submitted = 0;
        const ended = (): number[] => bench.said.map((line) => Number(line.split(" ")[0]));
        for (const one of steps) {
          if (one.kind === "submit") {
            submitted++;
            const script = one.fails ? { throws: "boom" } : { workMs: one.workMs, detailsMs: one.detailsMs };
            const request = bench.submit(script, { budgetMs: one.budgetMs });
            if (request !== undefined) taken.push(request);
          } else if (one.kind === "turn") {
            bench.turns.shift()?.();
          } else {
            const request = taken[one.which % Math.max(1, taken.length)];
            if (request === undefined) continue;
            const isOpen = !ended().includes(request) && !cancelled.has(request);
            expect(bench.queue.has(bench.replyTo, request)).toBe(isOpen);
            expect(bench.queue.cancel(bench.replyTo, request)).toBe(isOpen);
            if (isOpen) cancelled.add(request);
          }
        }
        bench.run();
        const all = Array.from({ length: submitted }, (_, i) => i + 1);
        expect(ended().sort((a, b) => a - b)).toEqual(all.filter((request) => !cancelled.has(request)));
        expect(bench.queue.length).toBe(0);
        expect(bench.turns).toHaveLength(0);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
