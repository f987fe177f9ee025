/** The figures of one run, as `--json` prints them. Ratios are plain numbers. */
export type RunFigures = {
  scenario: string;
  seed: number;
  queries: number;
  latencyMs: { p50: number; p95: number; p99: number; p999: number };
  /** Second attempts sent for each first one. */
  extraAttempts: number;
  /** Work done for attempts that nobody wanted any more, as a share of all work. */
  extraWork: number;
  /** Answers over all documents and in time, as a share of what was offered. */
  fullCoverageGoodput: number;
  /** Answers that were errors: not one shard, or less than the caller's minimum. */
  errors: number;
  /** Queries that admission turned away. */
  shed: number;
  /** Mean share of the documents that an admitted query searched. */
  coverage: number;
  slowShare: number;
  /** What joined leaves got of their shards' attempts in their first second, as a multiple of a fair share. */
  joinedShare: number;
  /** How often a replica was taken out of rotation. */
  ejections: number;
  simulatedS: number;
  wallS: number;
  hash: string;
};

/** A stretch of a run, for the report's timeline. */
export type TimelinePoint = {
  atMs: number;
  queries: number;
  p50Ms: number;
  p99Ms: number;
  coverage: number;
  extra: number;
};

/** What became of one query. */
export type QueryEnd = { atMs: number; latencyMs: number; coverage: number; extra: number; error: boolean };

/** Collects a run's queries, exactly: every latency is kept. */
export class Measurements {
  private latencies = new Float64Array(1024);
  private count = 0;
  private readonly ends: QueryEnd[] | undefined;
  private readonly budgetMs: number;
  private readonly slowerThanMs: number;
  private coverageSum = 0;
  private full = 0;
  private slow = 0;
  private digest = new Digest();
  errors = 0;
  shed = 0;

  constructor(options: { budgetMs: number; slowerThanMs: number | undefined; timeline: boolean }) {
    this.budgetMs = options.budgetMs;
    this.slowerThanMs = options.slowerThanMs ?? Number.POSITIVE_INFINITY;
    this.ends = options.timeline ? [] : undefined;
  }

  add(end: QueryEnd): void {
    if (this.count === this.latencies.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.latencies);
      this.latencies = grown;
    }
    this.latencies[this.count++] = end.latencyMs;
    this.coverageSum += end.coverage;
    if (end.error) this.errors++;
    if (end.coverage >= 1 && end.latencyMs <= this.budgetMs) this.full++;
    if (end.latencyMs > this.slowerThanMs) this.slow++;
    this.digest.add(end.latencyMs);
    this.digest.add(end.coverage);
    this.ends?.push(end);
  }

  /** Queries that were offered: answered and turned away. */
  get offered(): number {
    return this.count + this.shed;
  }

  summary() {
    const sorted = this.sorted();
    return {
      latencyMs: {
        p50: quantileOf(sorted, 0.5),
        p95: quantileOf(sorted, 0.95),
        p99: quantileOf(sorted, 0.99),
        p999: quantileOf(sorted, 0.999),
      },
      fullCoverageGoodput: this.offered === 0 ? 0 : this.full / this.offered,
      errors: this.errors,
      shed: this.shed,
      coverage: this.count === 0 ? 0 : this.coverageSum / this.count,
      slowShare: this.count === 0 ? 0 : this.slow / this.count,
      hash: this.digest.hex(),
    };
  }

  /** All latencies, shortest first. */
  sorted(): Float64Array {
    return this.latencies.slice(0, this.count).sort();
  }

  /** The run in `points` equal stretches; empty unless a timeline was asked for. */
  timeline(points: number): TimelinePoint[] {
    const ends = this.ends ?? [];
    const first = ends[0];
    if (first === undefined) return [];
    const lastMs = ends.reduce((most, end) => Math.max(most, end.atMs), 0);
    const stretchMs = Math.max((lastMs - first.atMs) / points, 1e-6);
    const groups = Map.groupBy(ends, (end) => Math.min(points - 1, Math.floor((end.atMs - first.atMs) / stretchMs)));
    return [...groups.entries()]
      .sort(([a], [b]) => a - b)
      .map(([group, members]) => pointOf(first.atMs + group * stretchMs, members));
  }
}

function pointOf(atMs: number, ends: readonly QueryEnd[]): TimelinePoint {
  const sorted = Float64Array.from(ends, (end) => end.latencyMs).sort();
  const sum = (of: (end: QueryEnd) => number): number => ends.reduce((total, end) => total + of(end), 0);
  return {
    atMs,
    queries: ends.length,
    p50Ms: quantileOf(sorted, 0.5),
    p99Ms: quantileOf(sorted, 0.99),
    coverage: sum((end) => end.coverage) / ends.length,
    extra: sum((end) => end.extra) / ends.length,
  };
}

/** The smallest value that at least the share `q` does not exceed. */
export function quantileOf(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1))] ?? 0;
}

/** A 64-bit fingerprint of a stream of numbers (two FNV-1a sums of 32 bits over their bytes). */
class Digest {
  private readonly view = new DataView(new ArrayBuffer(8));
  private low = 0x811c9dc5;
  private high = 0xc9dc5118;

  add(value: number): void {
    this.view.setFloat64(0, value);
    for (let i = 0; i < 8; i++) {
      const byte = this.view.getUint8(i);
      this.low = Math.imul(this.low ^ byte, 0x01000193);
      this.high = Math.imul(this.high ^ (byte + i), 0x01000193);
    }
  }

  hex(): string {
    return [this.high, this.low].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
