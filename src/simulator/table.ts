import type { RunFigures } from "./measure.ts";
import type { Verdict } from "./target.ts";

const columns: readonly [string, (figures: RunFigures) => string][] = [
  ["queries", (figures) => `${figures.queries}`],
  ["p50 ms", (figures) => ms(figures.latencyMs.p50)],
  ["p95 ms", (figures) => ms(figures.latencyMs.p95)],
  ["p99 ms", (figures) => ms(figures.latencyMs.p99)],
  ["p99.9 ms", (figures) => ms(figures.latencyMs.p999)],
  ["extra", (figures) => percent(figures.extraAttempts)],
  ["waste", (figures) => percent(figures.extraWork)],
  ["goodput", (figures) => figures.fullCoverageGoodput.toFixed(3)],
  ["shed", (figures) => `${figures.shed}`],
  ["errors", (figures) => `${figures.errors}`],
  ["coverage", (figures) => figures.coverage.toFixed(4)],
  ["ejected", (figures) => `${figures.ejections}`],
  ["wall s", (figures) => figures.wallS.toFixed(1)],
];

/** The variants' figures side by side, as text. */
export function figuresTable(rows: ReadonlyMap<string, RunFigures>): string {
  const head = ["variant", ...columns.map(([title]) => title)];
  const body = [...rows].map(([variant, figures]) => [variant, ...columns.map(([, show]) => show(figures))]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]?.length ?? 0)));
  return [head, ...body]
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}

/** One line for each target: what it asks, what came out, and whether it holds. */
export function verdictLines(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ target, value, atMost, atLeast, holds }) => {
      const bounds = [
        Number.isFinite(atLeast) ? `at least ${short(atLeast)}` : "",
        Number.isFinite(atMost) ? `at most ${short(atMost)}` : "",
      ].filter((text) => text !== "");
      const beside = target.of === undefined ? "" : ` (beside ${target.of})`;
      const verdict = target.seeds > 1 ? "alone " : holds ? "holds " : "MISSED";
      const over = target.seeds > 1 ? ` over ${target.seeds} seeds together` : "";
      return `${verdict}  ${target.variant} ${target.measure}: ${short(value)}, ${bounds.join(", ")}${beside}${over}`;
    })
    .join("\n");
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function short(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}
