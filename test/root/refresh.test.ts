import { describe, expect, it } from "vitest";
import { GlobalStatistics } from "../../src/query/statistics.ts";
import { StatisticsRefresh, type StatisticsSource } from "../../src/root/refresh.ts";
import { type Timers, yieldToLoop } from "../../src/time.ts";
import { virtualTime } from "../support/virtual-time.ts";

/** A replica with as many documents as changes, whose journal begins anew for who comes from another one. */
class Source implements StatisticsSource {
  isOpen = true;
  state = "ready";
  full: string | undefined;
  appliedSequence = 0;
  hangs = false;
  asked = 0;
  timers: Timers | undefined;
  readonly #journal: string;

  constructor(journal: string) {
    this.#journal = journal;
  }

  readonly link: StatisticsSource["link"] = {
    call: async (_name, { since }, { timeoutMs }) => {
      this.asked++;
      if (this.hangs) await new Promise((_, reject) => this.timers?.after(timeoutMs, () => reject(new Error("late"))));
      const sequence = this.appliedSequence;
      return {
        ...{
          cursor: { journal: this.#journal, version: sequence },
          reset: since?.journal !== this.#journal,
          more: false,
        },
        ...{ sequence, documents: sequence, lengths: [sequence], terms: [], counts: [], limits: [], limitRows: [] },
      };
    },
  };
}

function refreshed(shards: readonly (readonly Source[])[]) {
  const { clock, timers, advance } = virtualTime();
  for (const source of shards.flat()) source.timers = timers;
  const statistics = new GlobalStatistics(shards.length, 1);
  const index = { definition: { index: "a", incarnation: 1 }, statistics, shards: shards.map((feeds) => ({ feeds })) };
  const refresh = new StatisticsRefresh(index, { clock, timers, intervalMs: 50, onPublished: () => undefined });
  /** Lets time pass in steps shorter than an interval, with what comes of each. */
  const pass = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 10) {
      advance(10);
      await yieldToLoop();
    }
  };
  return { refresh, pass, sequence: (shard: number) => statistics.shard(shard).sequence };
}

/** One shard with two replicas alike, of which `theirs` has been asked for all that it holds. */
async function followed() {
  const [one, other] = [new Source("a"), new Source("b")];
  const parts = refreshed([[one, other]]);
  one.appliedSequence = other.appliedSequence = 1;
  parts.refresh.request();
  await parts.pass(100);
  const [theirs, healthy] = one.asked > 0 ? [one, other] : [other, one];
  return { ...parts, theirs, healthy };
}

describe("an index's statistics", () => {
  it("stay with one replica while that keeps up", async () => {
    const [one, other] = [new Source("a"), new Source("b")];
    const { refresh, pass, sequence } = refreshed([[one, other]]);
    for (let written = 1; written <= 20; written++) {
      other.appliedSequence = written;
      refresh.request();
      await pass(300);
      one.appliedSequence = written;
      refresh.request();
      await pass(100);
      expect(sequence(0)).toBe(written);
    }
    expect(Math.min(one.asked, other.asked)).toBe(0);
  });

  it.each(["hangs", "is full"])("come from another replica within half a second where theirs %s", async (how) => {
    const { theirs, healthy, refresh, pass, sequence } = await followed();
    if (how === "is full") theirs.full = "no memory";
    theirs.hangs = how === "hangs";
    healthy.appliedSequence = 2;
    refresh.request();
    await pass(500);
    expect(sequence(0)).toBe(2);
    const asked = theirs.asked;
    healthy.appliedSequence = 3;
    refresh.request();
    await pass(100);
    expect([sequence(0), theirs.asked]).toEqual([3, asked]);
  });

  it("come from another replica within half a second where theirs hangs once it has been asked", async () => {
    const { theirs, healthy, refresh, pass, sequence } = await followed();
    theirs.hangs = true;
    theirs.appliedSequence = healthy.appliedSequence = 2;
    refresh.request();
    await pass(550);
    expect([sequence(0), healthy.asked]).toEqual([2, 1]);
  });

  it("are waited for longer each time where all replicas are slow to answer", async () => {
    const sources = [new Source("a"), new Source("b")];
    const { refresh, pass } = refreshed([sources]);
    for (const source of sources) Object.assign(source, { appliedSequence: 1, hangs: true });
    refresh.request();
    await pass(20_000);
    const asked = sources.reduce((sum, source) => sum + source.asked, 0);
    // After 0.4, 0.8, 1.6, 3.2, 6.4 s and then 10 s.
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(7);
  });

  it("of one shard wait for no replica of another", async () => {
    const [stuck, lively] = [new Source("a"), new Source("b")];
    stuck.hangs = true;
    const { refresh, pass, sequence } = refreshed([[stuck], [lively]]);
    for (let written = 1; written <= 5; written++) {
      stuck.appliedSequence = lively.appliedSequence = written;
      refresh.request();
      await pass(60);
      expect([sequence(0), sequence(1)]).toEqual([0, written]);
    }
    expect(stuck.asked).toBe(1);
  });

  it("are looked at again and again only where there is something to come", async () => {
    const source = new Source("a");
    const { clock, timers, advance } = virtualTime();
    let looks = 0;
    const counting = { after: (delayMs: number, run: () => void) => timers.after(delayMs, () => [looks++, run()]) };
    const statistics = new GlobalStatistics(1, 1);
    const index = { definition: { index: "a", incarnation: 1 }, statistics, shards: [{ feeds: [source] }] };
    const refresh = new StatisticsRefresh(index, {
      clock,
      timers: counting,
      intervalMs: 50,
      onPublished: () => undefined,
    });
    refresh.request();
    for (let i = 0; i < 100; i++) {
      advance(50);
      await yieldToLoop();
    }
    expect(looks).toBe(1);
  });
});
