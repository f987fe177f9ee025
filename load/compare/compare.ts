import { seededRandom } from "../../src/time.ts";
import type { ReportSecond } from "../report/report.ts";
import { type Interval, ratioIntervals } from "./bootstrap.ts";

/** One figure of two runs. */
export type ComparedFigure = { figure: string; before: number; after: number; ratio: Interval; differs: boolean };

const figureNames = [
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "p99.9 ms",
  "answers/s",
  "availability",
  "coverage",
  "extra attempts",
];

const seed = 1;

/**
 * Lays two runs' seconds side by side, those of warming up left out. `differs` where the interval of the ratio does not
 * hold 1.
 */
export function compareSeconds(before: readonly ReportSecond[], after: readonly ReportSecond[]): ComparedFigure[] {
  const runs = { before: before.filter(isMeasured), after: after.filter(isMeasured) };
  const figuresOf = figuresReader([...runs.before, ...runs.after]);
  const ratios = ratioIntervals(runs, figuresOf, seededRandom(seed));
  const [ofBefore, ofAfter] = [figuresOf(runs.before), figuresOf(runs.after)];
  return figureNames.map((figure, i) => {
    const ratio = ratios[i] ?? { value: 1, low: 1, high: 1 };
    const differs = ratio.low > 1 || ratio.high < 1;
    return { figure, before: ofBefore[i] ?? 0, after: ofAfter[i] ?? 0, ratio, differs };
  });
}

function isMeasured({ phase }: ReportSecond): boolean {
  return phase !== "warm-up";
}

/**
 * Takes the figures of any of these seconds. It is asked thousands of times: the histograms' buckets are numbered once,
 * and added up in one array.
 */
function figuresReader(all: readonly ReportSecond[]): (seconds: readonly ReportSecond[]) => number[] {
  const middlesMs = [...new Set(all.flatMap(({ latency }) => latency.map(([middleMs]) => middleMs)))].sort(
    (a, b) => a - b,
  );
  const places = new Map(middlesMs.map((middleMs, place) => [middleMs, place]));
  const numbered = new Map(
    all.map((second) => [
      second,
      second.latency.map(([middleMs, count]) => [places.get(middleMs) ?? 0, count] as const),
    ]),
  );
  const counts = new Float64Array(middlesMs.length);
  return (seconds) => {
    counts.fill(0);
    const sum = { seconds: seconds.length, queries: 0, answered: 0, failed: 0, coverage: 0, first: 0, extra: 0 };
    for (const second of seconds) {
      for (const [place, count] of numbered.get(second) ?? []) counts[place] = (counts[place] ?? 0) + count;
      sum.queries += second.queries;
      sum.answered += second.answered;
      sum.failed += second.failed;
      sum.coverage += second.coverage;
      sum.first += second.first;
      sum.extra += second.hedges + second.retries;
    }
    const { queries, answered, failed, coverage, first, extra } = sum;
    return [
      ...quantiles(counts, middlesMs),
      ratio(answered, sum.seconds),
      ratio(answered, queries),
      ratio(coverage, answered + failed),
      ratio(extra, first),
    ];
  };
}

const quantileShares = [0.5, 0.95, 0.99, 0.999];

/** The smallest duration that each share of all does not exceed. */
function quantiles(counts: Float64Array, middlesMs: readonly number[]): number[] {
  let count = 0;
  for (const one of counts) count += one;
  let place = 0;
  let passed = counts[0] ?? 0;
  return quantileShares.map((share) => {
    while (passed < share * count && place < counts.length - 1) passed += counts[++place] ?? 0;
    return middlesMs[place] ?? 0;
  });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** A table of what was compared, under a title. */
export function comparisonTable(title: string, compared: readonly ComparedFigure[]): string {
  const head = [title, "before", "after", "ratio", "95 %", ""];
  const rows = compared.map(({ figure, before, after, ratio: { value, low, high }, differs }) => {
    return [figure, short(before), short(after), short(value), `${short(low)} to ${short(high)}`, differs ? "*" : ""];
  });
  const widths = head.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function short(value: number): string {
  return Number.isFinite(value) ? `${Number(value.toPrecision(4))}` : "from none";
}
