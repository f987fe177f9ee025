/** Between which instants of one clock another one's zero lies, as `offset = theirs - ours`. */
export type OffsetInterval = { lowMs: number; highMs: number };

/** How far another clock is ahead of ours, and how much that may be wrong. */
export type OffsetEstimate = { offsetMs: number; errorMs: number };

/** How fast two clocks may drift apart: what NTP assumes of any (RFC 5905, PHI). */
const driftPerMs = 15e-6;
const samplesMax = 8;

/**
 * How far the clock at a link's other end is ahead of this one, from pings: their clock was read after the ping was sent
 * and before the pong came, so every exchange bounds the offset from both sides, however uneven the two ways are. The
 * bounds of the last exchanges are intersected, each widened by what the clocks may have drifted since (the intersection
 * of NTP's correctness intervals, after Marzullo 1984).
 */
export class ClockOffset {
  readonly #samples: (OffsetInterval & { atMs: number })[] = [];

  /** Takes an exchange in: when it began and ended by our clock, and what theirs said in between. */
  add({ sentMs, receivedMs, theirMs }: { sentMs: number; receivedMs: number; theirMs: number }): void {
    this.#samples.push({ lowMs: theirMs - receivedMs, highMs: theirMs - sentMs, atMs: receivedMs });
    if (this.#samples.length > samplesMax) this.#samples.shift();
  }

  /** Where the offset lies at `nowMs`; undefined before the first exchange. */
  interval(nowMs: number): OffsetInterval | undefined {
    let found: OffsetInterval | undefined;
    for (const { lowMs, highMs, atMs } of this.#samples) {
      const driftMs = Math.max(0, nowMs - atMs) * driftPerMs;
      const own = { lowMs: lowMs - driftMs, highMs: highMs + driftMs };
      // Bounds that shut each other out tell of a clock that was stepped: what came later is what holds.
      found = (found && intersection(found, own)) ?? own;
    }
    return found;
  }
}

/** What lies in both; undefined where nothing does. */
export function intersection(a: OffsetInterval, b: OffsetInterval): OffsetInterval | undefined {
  const both = { lowMs: Math.max(a.lowMs, b.lowMs), highMs: Math.min(a.highMs, b.highMs) };
  return both.lowMs <= both.highMs ? both : undefined;
}

/** The middle of an interval, wrong by half of it at most. */
export function estimateOf({ lowMs, highMs }: OffsetInterval): OffsetEstimate {
  return { offsetMs: (lowMs + highMs) / 2, errorMs: (highMs - lowMs) / 2 };
}
