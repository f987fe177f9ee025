import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../src/command/retry.ts";
import { seededRandom } from "../../src/time.ts";

const half = { next: () => 0.5 };
const fresh = { retries: 0, waitedMs: 0 };
const answered = (status: number, retryAfterS?: number) => ({ kind: "answered", status, retryAfterS }) as const;

describe("a retry", () => {
  it.each([200, 400, 404, 409, 413, 415, 500, 504])("does not follow status %i", (status) => {
    expect(retryDelayMs(answered(status), fresh, half)).toBeUndefined();
  });

  it.each([
    [answered(429), 150],
    [answered(503), 150],
    [{ kind: "unreachable" } as const, 150],
    [answered(429, 2), 2000],
    [answered(503, 0), 150],
    [answered(503, 31), undefined],
  ])("after %j waits %s ms", (attempt, delayMs) => {
    expect(retryDelayMs(attempt, fresh, half)).toBe(delayMs);
  });

  it("waits twice as long each time up to a bound, and a minute in all", () => {
    fc.assert(
      fc.property(fc.integer(), fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }), (seed, afterS) => {
        const random = seededRandom(seed);
        let waitedMs = 0;
        let retries = 0;
        for (; retries < 10_000; retries++) {
          const delayMs = retryDelayMs(answered(503, afterS), { retries, waitedMs }, random);
          if (delayMs === undefined) break;
          const backoffMs = Math.min(5000, 200 * 2 ** retries);
          expect(delayMs).toBeGreaterThanOrEqual(Math.max(backoffMs / 2, 1000 * (afterS ?? 0)));
          expect(delayMs).toBeLessThanOrEqual(Math.max(backoffMs, 1000 * (afterS ?? 0)));
          waitedMs += delayMs;
        }
        expect(waitedMs).toBeLessThanOrEqual(60_000);
        if ((afterS ?? 0) <= 30) expect(retries).toBeGreaterThan(1);
        else expect(retries).toBe(0);
      }),
      { seed: 23 },
    );
  });
});
