import { seededRandom } from "../../src/time.ts";
import { bucketQuantileMs, joinBuckets } from "../report/buckets.ts";
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

function figuresOf(seconds: readonly ReportSecond[]): number[] {
  const sum = (read: (second: ReportSecond) => number): number =>
    seconds.reduce((total, second) => total + read(second), 0);
  const latency = joinBuckets(seconds.map((second) => second.latency));
  const answered = sum((second) => second.answered);
  const ended = answered + sum(({ failed }) => failed);
  const extra = sum(({ hedges, retries }) => hedges + retries);
  return [
    ...[0.5, 0.95, 0.99, 0.999].map((q) => bucketQuantileMs(latency, q)),
    ratio(answered, seconds.length),
    ratio(
      answered,
      sum(({ queries }) => queries),
    ),
    ratio(
      sum(({ coverage }) => coverage),
      ended,
    ),
    ratio(
      extra,
      sum(({ first }) => first),
    ),
  ];
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
