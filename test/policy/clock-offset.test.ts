import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClockOffset, estimateOf } from "../../src/policy/clock-offset.ts";

const exchange = fc.record({
  gapMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
  thereMs: fc.double({ min: 0.01, max: 20, noNaN: true }),
  backMs: fc.double({ min: 0.01, max: 20, noNaN: true }),
});

describe("the offset of a leaf's clock", () => {
  it("lies where it is said to, however uneven the ways and whichever clock runs faster", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e7, max: 1e7, noNaN: true }),
        fc.double({ min: -15e-6, max: 15e-6, noNaN: true }),
        fc.array(exchange, { minLength: 1, maxLength: 20 }),
        fc.double({ min: 0, max: 60_000, noNaN: true }),
        (startOffsetMs, drift, exchanges, laterMs) => {
          const offset = new ClockOffset();
          const theirs = (atMs: number): number => atMs + startOffsetMs + drift * atMs;
          let nowMs = 0;
          for (const { gapMs, thereMs, backMs } of exchanges) {
            const sentMs = nowMs + gapMs;
            nowMs = sentMs + thereMs + backMs;
            offset.add({ sentMs, receivedMs: nowMs, theirMs: theirs(sentMs + thereMs) });
          }
          nowMs += laterMs;
          const found = offset.interval(nowMs);
          if (found === undefined) throw new Error("nothing is known after an exchange");
          const { offsetMs, errorMs } = estimateOf(found);
          expect(Math.abs(offsetMs - (theirs(nowMs) - nowMs))).toBeLessThanOrEqual(errorMs + 1e-6);
        },
      ),
      { seed: 106 },
    );
  });

  it("is known the better the shorter the best round trip was", () => {
    const offset = new ClockOffset();
    offset.add({ sentMs: 0, receivedMs: 20, theirMs: 1_010 });
    expect(estimateOf(offset.interval(20) ?? { lowMs: 0, highMs: 0 })).toEqual({ offsetMs: 1_000, errorMs: 10 });
    offset.add({ sentMs: 30, receivedMs: 30.2, theirMs: 1_030.1 });
    const { errorMs } = estimateOf(offset.interval(30.2) ?? { lowMs: 0, highMs: 0 });
    expect(errorMs).toBeCloseTo(0.1, 3);
  });

  it("believes what came last where a clock was stepped", () => {
    const offset = new ClockOffset();
    offset.add({ sentMs: 0, receivedMs: 1, theirMs: 100 });
    offset.add({ sentMs: 10, receivedMs: 11, theirMs: 5_010.5 });
    const { lowMs, highMs } = offset.interval(11) ?? { lowMs: 0, highMs: 0 };
    expect([lowMs <= 5_000, highMs >= 5_000]).toEqual([true, true]);
  });

  it("is unknown before the first exchange", () => {
    expect(new ClockOffset().interval(5)).toBeUndefined();
  });
});
