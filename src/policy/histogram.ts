/**
 * A histogram of durations with buckets that grow with the value: 32 to each doubling, so that a bucket is at most
 * 1/32 as wide as its value and a quantile's error at most half of that (the layout of HdrHistogram). Histograms merge
 * by addition, which is the only right way to join percentiles of several replicas or times.
 */

const subBits = 5;
const bucketsPerOctave = 1 << subBits;
const octaveCount = 27;
const unitsPerMs = 1000;
const unitsMax = 2 ** 31 - 1;

/** Counts of durations from a microsecond to 35 minutes; longer ones count as 35 minutes. */
export class LatencyHistogram {
  /** Total of all recordings. */
  count = 0;
  /** Blocks appear when something falls into them: most histograms hold a few octaves only. */
  private blocks: (Uint32Array | undefined)[] = new Array(octaveCount).fill(undefined);

  /** Counts one duration; negative and non-finite ones count as zero. Costs some ten nanoseconds. */
  record(durationMs: number): void {
    const units = durationMs > 0 ? Math.min(unitsMax, Math.round(durationMs * unitsPerMs)) : 0;
    const octave = octaveOf(units);
    let block = this.blocks[octave];
    if (block === undefined) {
      block = new Uint32Array(bucketsPerOctave);
      this.blocks[octave] = block;
    }
    const slot = slotOf(units, octave);
    block[slot] = (block[slot] ?? 0) + 1;
    this.count++;
  }

  /** Adds all that `other` holds. */
  merge(other: LatencyHistogram): void {
    for (let octave = 0; octave < octaveCount; octave++) {
      const theirs = other.blocks[octave];
      if (theirs === undefined) continue;
      let ours = this.blocks[octave];
      if (ours === undefined) {
        ours = new Uint32Array(bucketsPerOctave);
        this.blocks[octave] = ours;
      }
      for (let slot = 0; slot < bucketsPerOctave; slot++) ours[slot] = (ours[slot] ?? 0) + (theirs[slot] ?? 0);
    }
    this.count += other.count;
  }

  /** Forgets everything and keeps the memory. */
  clear(): void {
    if (this.count === 0) return;
    for (const block of this.blocks) block?.fill(0);
    this.count = 0;
  }

  /**
   * The smallest duration that at least the share `q` of the recordings does not exceed, as the middle of its bucket:
   * within 1/64 of the true one, or half a microsecond. 0 when nothing was recorded.
   */
  quantileMs(q: number): number {
    if (this.count === 0) return 0;
    let left = Math.max(1, Math.ceil(q * this.count));
    for (let octave = 0; octave < octaveCount; octave++) {
      const block = this.blocks[octave];
      if (block === undefined) continue;
      for (let slot = 0; slot < bucketsPerOctave; slot++) {
        left -= block[slot] ?? 0;
        if (left <= 0) return middleMs(octave, slot);
      }
    }
    return unitsMax / unitsPerMs;
  }

  /** The buckets that hold anything, shortest first, for charts and for sending a histogram elsewhere. */
  *buckets(): Generator<{ middleMs: number; count: number }> {
    for (let octave = 0; octave < octaveCount; octave++) {
      const block = this.blocks[octave];
      if (block === undefined) continue;
      for (let slot = 0; slot < bucketsPerOctave; slot++) {
        const count = block[slot] ?? 0;
        if (count > 0) yield { middleMs: middleMs(octave, slot), count };
      }
    }
  }
}

/** Octave 0 holds the units below 32 one by one; octave n the values whose highest bit is n + 4. */
function octaveOf(units: number): number {
  return units < bucketsPerOctave ? 0 : 32 - Math.clz32(units) - subBits;
}

function slotOf(units: number, octave: number): number {
  return octave === 0 ? units : (units >>> (octave - 1)) - bucketsPerOctave;
}

function middleMs(octave: number, slot: number): number {
  if (octave === 0) return slot / unitsPerMs;
  const width = 2 ** (octave - 1);
  return ((slot + bucketsPerOctave) * width + (width - 1) / 2) / unitsPerMs;
}
