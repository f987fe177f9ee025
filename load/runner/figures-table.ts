import { phases } from "../scenario/live-section.ts";
import type { PhaseFigures } from "./measures.ts";
import type { FiguresByVariant } from "./verdict.ts";

const columns: readonly [string, (figures: PhaseFigures) => string][] = [
  ["queries", ({ queries }) => `${queries}`],
  ["answers/s", ({ answersPerSecond }) => answersPerSecond.toFixed(answersPerSecond < 100 ? 1 : 0)],
  ["p50 ms", ({ latencyMs }) => ms(latencyMs.p50)],
  ["p95 ms", ({ latencyMs }) => ms(latencyMs.p95)],
  ["p99 ms", ({ latencyMs }) => ms(latencyMs.p99)],
  ["p99.9 ms", ({ latencyMs }) => ms(latencyMs.p999)],
  ["max ms", ({ latencyMs }) => ms(latencyMs.max)],
  ["available", ({ availability }) => percent(availability)],
  ["coverage", ({ coverage }) => coverage.toFixed(4)],
  ["goodput", ({ fullCoverageGoodput }) => percent(fullCoverageGoodput)],
  ["shed", ({ shedShare }) => percent(shedShare)],
  ["errors", ({ errors }) => `${errors}`],
  ["extra", ({ extraAttempts }) => percent(extraAttempts)],
];

/** Every variant's phases side by side, as text. `all` stands alone where a variant has one phase only. */
export function figuresTable(seen: FiguresByVariant): string {
  const rows = [...seen].flatMap(([variant, byPhase]) => {
    const shown = byPhase.size <= 2 ? phases.slice(0, 1) : phases;
    return shown.flatMap((phase) => {
      const figures = byPhase.get(phase);
      return figures === undefined ? [] : [[variant, phase, ...columns.map(([, show]) => show(figures))]];
    });
  });
  const head = ["variant", "phase", ...columns.map(([title]) => title)];
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
