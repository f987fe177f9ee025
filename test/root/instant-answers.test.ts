import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerCache } from "../../src/root/answer-cache.ts";
import { type AnswerRequest, type GatheredAnswer, InstantAnswers } from "../../src/root/instant-answers.ts";
import { yieldToLoop } from "../../src/time.ts";

type Scatter = { answer: (answer: Partial<GatheredAnswer>) => void; fail: (cause: Error) => void; cancelled: boolean };

/** Requests against scatters that end when they are told to. */
class Stage {
  nowMs = 0;
  readonly scatters: Scatter[] = [];
  readonly instant: InstantAnswers;

  constructor(cacheBytesMax = 1 << 20) {
    this.instant = new InstantAnswers({ cacheBytesMax, nowMs: () => this.nowMs });
  }

  /** `trial`: what goes before its scatter, which can be cancelled from then on. */
  ask(
    key: string | undefined,
    budgetMs: number,
    { trial, mustBeCurrent = false }: { trial?: Promise<void>; mustBeCurrent?: boolean } = {},
  ): { found: Promise<string>; leave: () => void } {
    const gone: (() => void)[] = [];
    let hasGone = false;
    const request: AnswerRequest = {
      key,
      variant: "",
      mustBeCurrent,
      startMs: this.nowMs,
      deadlineMs: this.nowMs + budgetMs,
      onGone: (run) => (hasGone ? run() : void gone.push(run)),
      gather: async (onGone) => {
        if (trial !== undefined) await trial;
        return this.#scatter(onGone);
      },
    };
    const found = this.instant.find(request).then(
      ({ source, body }) => `${source} ${body}`,
      (cause: Error) => `failed ${cause.message}`,
    );
    const leave = (): void => {
      hasGone = true;
      for (const run of gone) run();
    };
    return { found, leave };
  }

  #scatter(onGone: (run: () => void) => void): Promise<GatheredAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<GatheredAnswer>();
    const number = this.scatters.length;
    const scatter: Scatter = {
      answer: (answer) =>
        resolve({
          body: Buffer.from(String(number)),
          complete: true,
          current: true,
          times: { plannedMs: 0, gatheredMs: 0 },
          ...answer,
        }),
      fail: reject,
      cancelled: false,
    };
    onGone(() => {
      scatter.cancelled = true;
    });
    this.scatters.push(scatter);
    return promise;
  }
}

describe("instant answers", () => {
  it("share one scatter among all who ask the same, and keep what it brought", async () => {
    const stage = new Stage();
    const asked = [stage.ask("a", 100), stage.ask("a", 100), stage.ask("b", 100), stage.ask("a", 200)];
    expect(stage.scatters).toHaveLength(2);
    stage.scatters[0]?.answer({});
    stage.scatters[1]?.answer({});
    expect(await Promise.all(asked.map(({ found }) => found))).toEqual([
      "scatter 0",
      "shared 0",
      "scatter 1",
      "shared 0",
    ]);
    expect(await stage.ask("a", 1).found).toBe("cache 0");
    expect(stage.instant.counts).toEqual({ cache: 1, shared: 2, scatter: 2 });
  });

  it("are counted when there is one, and not when a scatter begins or fails", async () => {
    const stage = new Stage();
    const asked = [stage.ask("a", 100), stage.ask(undefined, 100), stage.ask("b", 100)];
    expect(stage.instant.counts.scatter).toBe(0);
    stage.scatters[0]?.answer({});
    stage.scatters[1]?.answer({});
    stage.scatters[2]?.fail(new Error("too little"));
    await Promise.all(asked.map(({ found }) => found));
    expect(stage.instant.counts).toEqual({ cache: 0, shared: 0, scatter: 2 });
  });

  it("never make a request wait for one that may take longer than its own budget", async () => {
    const stage = new Stage();
    const long = stage.ask("a", 500);
    const short = stage.ask("a", 50);
    expect(stage.scatters).toHaveLength(2);
    stage.scatters[1]?.answer({});
    expect(await short.found).toBe("scatter 1");
    stage.scatters[0]?.answer({});
    expect(await long.found).toBe("scatter 0");
  });

  it.each([
    ["incomplete", (scatter: Scatter | undefined) => scatter?.answer({ complete: false }), "shared 0"],
    ["an error", (scatter: Scatter | undefined) => scatter?.fail(new Error("crashed")), "failed crashed"],
  ])("that are %s are taken over only by who has no time left", async (_what, end, late) => {
    const stage = new Stage();
    void stage.ask("a", 100).found;
    const hurried = stage.ask("a", 100);
    const patient = stage.ask("a", 1000);
    stage.nowMs = 90;
    end(stage.scatters[0]);
    expect(await hurried.found).toBe(late);
    await Promise.resolve();
    expect(stage.scatters).toHaveLength(2);
    stage.scatters[1]?.answer({});
    expect(await patient.found).toBe("scatter 1");
  });

  it("are kept only where they are complete and no older than their key", async () => {
    const stage = new Stage();
    for (const wanting of [{ complete: false }, { current: false }]) {
      const { found } = stage.ask("a", 100);
      stage.scatters.at(-1)?.answer(wanting);
      await found;
    }
    void stage.ask("a", 100);
    expect(stage.scatters).toHaveLength(3);
  });

  it("of before a write do not go to who was told that it can be found, however late it is", async () => {
    const stage = new Stage();
    const asked = [
      stage.ask("a", 100),
      stage.ask("a", 100),
      stage.ask("a", 100, { mustBeCurrent: true }),
      stage.ask("a", 100, { mustBeCurrent: true }),
    ];
    stage.nowMs = 90;
    stage.scatters[0]?.answer({ current: false });
    await Promise.all([asked[0]?.found, asked[1]?.found]);
    await yieldToLoop();
    expect(stage.scatters).toHaveLength(2);
    stage.scatters[1]?.answer({});
    expect(await Promise.all(asked.map(({ found }) => found))).toEqual([
      "scatter 0",
      "shared 0",
      "scatter 1",
      "shared 1",
    ]);
  });

  it("that fail early are not asked for again by each of those who waited", async () => {
    const stage = new Stage();
    const asked = Array.from({ length: 200 }, () => stage.ask("a", 100).found);
    stage.scatters[0]?.answer({ complete: false });
    await yieldToLoop();
    expect(stage.scatters).toHaveLength(2);
    stage.scatters[1]?.answer({});
    const found = await Promise.all(asked);
    expect(found).toEqual(["scatter 0", "scatter 1", ...Array.from({ length: 198 }, () => "shared 1")]);
  });

  it("are everybody's own without a key", async () => {
    const stage = new Stage();
    const asked = [stage.ask(undefined, 100), stage.ask(undefined, 100)];
    for (const scatter of stage.scatters) scatter.answer({});
    expect(await Promise.all(asked.map(({ found }) => found))).toEqual(["scatter 0", "scatter 1"]);
    void stage.ask(undefined, 100);
    expect(stage.scatters).toHaveLength(3);
  });

  it("are given up when the last who waits has gone, and not before", () => {
    const stage = new Stage();
    const [first, second] = [stage.ask("a", 100), stage.ask("a", 100)];
    first.leave();
    expect(stage.scatters[0]?.cancelled).toBe(false);
    second.leave();
    expect(stage.scatters[0]?.cancelled).toBe(true);
    const third = stage.ask("a", 100);
    expect(stage.scatters, "nobody joins what was given up").toHaveLength(2);
    third.leave();
    expect(stage.scatters[1]?.cancelled).toBe(true);
  });

  it.each(["a", undefined])("are given up although all had gone before there was a scatter (key %s)", async (key) => {
    const stage = new Stage();
    const { promise: trial, resolve } = Promise.withResolvers<void>();
    const { found, leave } = stage.ask(key, 100, trial === undefined ? {} : { trial });
    leave();
    resolve();
    await trial;
    await Promise.resolve();
    expect(stage.scatters.map(({ cancelled }) => cancelled)).toEqual([true]);
    stage.scatters[0]?.answer({ complete: false });
    await found;
  });
});

describe("the cache", () => {
  it("never holds more than it may, nor an answer that would push out most others", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.nat(4000)), { maxLength: 200 }), (kept) => {
        const cache = new AnswerCache(20_000);
        for (const [key, size] of kept) cache.keep(key, { body: Buffer.alloc(size) });
        expect(cache.bytes).toBeLessThanOrEqual(20_000);
        for (const [key] of kept) expect(cache.get(key)?.body.length ?? 0).toBeLessThanOrEqual(20_000 / 16);
      }),
      { seed: 84, numRuns: 100 },
    );
  });

  it("of no bytes keeps nothing", () => {
    const cache = new AnswerCache(0);
    cache.keep("a", { body: Buffer.alloc(1) });
    expect(cache.get("a")).toBeUndefined();
  });
});
