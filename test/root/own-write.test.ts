import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type WrittenIndex, waitForWrite, waitUntilMs } from "../../src/root/own-write.ts";
import { Waits } from "../../src/root/waits.ts";
import { virtualTime } from "../support/virtual-time.ts";

/** An index of one shard whose replica stands at a sequence. */
function standingAt(sequence: () => number): WrittenIndex {
  const feed = {
    state: "ready" as const,
    get sequence() {
      return sequence();
    },
    get appliedSequence() {
      return sequence();
    },
    notify: () => undefined,
  };
  const statistics = { isKnown: () => true, shard: () => ({ documents: 1, lengths: [1], sequence: sequence() }) };
  return { shards: [{ feeds: [feed] }], statistics };
}

/** How long a search waits for a write that can be found after some time; virtual time goes on by half a millisecond. */
async function waited(writtenAfterMs: number, budgetMs: number): Promise<{ tookMs: number; isFound: boolean }> {
  const { clock, timers, advance } = virtualTime();
  const startMs = clock.nowMs();
  const index = standingAt(() => (clock.nowMs() - startMs >= writtenAfterMs ? 7 : 6));
  let over = false;
  const waits = new Waits({ clock, timers });
  const limits = { untilMs: waitUntilMs(startMs, budgetMs), onGone: () => undefined };
  const waiting = waitForWrite(index, "7", { waits, ...limits }).finally(() => {
    over = true;
  });
  for (;;) {
    // What was resolved runs on before time does.
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
    if (over) break;
    advance(0.5);
  }
  return { tookMs: clock.nowMs() - startMs, isFound: await waiting };
}

describe("waiting for one's own write", () => {
  it("takes what the budget leaves beside a search, and no longer than the write does", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1200 }),
        fc.integer({ min: 0, max: 1300 }),
        async (budgetMs, writtenMs) => {
          const longestMs = Math.max(budgetMs / 2, budgetMs - Math.max(50, budgetMs / 10));
          const { tookMs, isFound } = await waited(writtenMs, budgetMs);
          if (writtenMs <= longestMs) expect(isFound).toBe(true);
          if (writtenMs > longestMs + 3) expect(isFound).toBe(false);
          const expectedMs = Math.min(writtenMs, longestMs);
          expect(tookMs).toBeGreaterThanOrEqual(expectedMs);
          expect(tookMs).toBeLessThanOrEqual(expectedMs + 3);
        },
      ),
      { seed: 71, numRuns: 100 },
    );
  });

  it.each(["1e3", "0x10", "007", "-1", "+1", "1.5", "1.0", " 1", "1 ", "", "0b1", "Infinity", "9007199254740993", "٣"])(
    "refuses %j, which no write gave out",
    async (token) => {
      const waits = new Waits(virtualTime());
      const waiting = waitForWrite(
        standingAt(() => 9e15),
        token,
        { waits, untilMs: 0, onGone: () => undefined },
      );
      await expect(waiting).rejects.toMatchObject({ code: "invalid_request", places: [{ path: "/after" }] });
    },
  );

  it.each(["0", "7", "1204"])("takes %j", async (token) => {
    const waits = new Waits(virtualTime());
    const isFound = await waitForWrite(
      standingAt(() => 2000),
      token,
      { waits, untilMs: 0, onGone: () => undefined },
    );
    expect(isFound).toBe(true);
  });
});
