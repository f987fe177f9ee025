import { escapeHtml } from "../protocol/escape-html.ts";
import { type ChartOptions, chart, type Line, type Point, widthPx } from "./chart.ts";
import type { TimelinePoint } from "./measure.ts";
import type { Played } from "./play.ts";
import { figuresTable } from "./table.ts";

const curveShares = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999];

/** A page of its own, with no outside resources: latency by percentile, and each variant's course over time. */
export function reportHtml(name: string, about: string, played: ReadonlyMap<string, Played>): string {
  const variants = [...played];
  const figures = new Map(variants.map(([variant, run]) => [variant, run.figures]));
  const curves = variants.map(([variant, run]): Line => ({ name: variant, points: percentileCurve(run.latenciesMs) }));
  const course = (read: (point: TimelinePoint) => number): Line[] =>
    variants.map(([variant, run]) => ({
      name: variant,
      points: run.timeline.map((point): Point => [point.atMs / 1000, read(point)]),
    }));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(name)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:${widthPx}px;margin:2em auto;padding:0 1em}
svg{width:100%;height:auto}pre{overflow:auto;font-size:12px}text{font-size:12px;fill:#555}h2{margin:1.5em 0 .3em}
p.legend{margin:0}.grid{stroke:#e4e4e4;stroke-width:1}</style>
<h1>${escapeHtml(name)}</h1><p>${escapeHtml(about)}</p><pre>${escapeHtml(figuresTable(figures))}</pre>
<h2>Latency by percentile, ms</h2>${chart(curves, { xTicks: [0, 1, 2, 3, 4], xLabel: nines, logarithmic: true })}
<h2>p99 over time, ms</h2>${chart(
    course((point) => point.p99Ms),
    timeAxis,
  )}
<h2>Coverage over time</h2>${chart(
    course((point) => point.coverage),
    timeAxis,
  )}
<h2>Extra attempts a query over time</h2>${chart(
    course((point) => point.extra),
    timeAxis,
  )}
</html>`;
}

const timeAxis: ChartOptions = { xLabel: (seconds) => `${Number(seconds.toFixed(1))} s` };

function percentileCurve(sorted: Float64Array): Point[] {
  return curveShares
    .filter((share) => sorted.length * (1 - share) >= 1)
    .map((share) => [-Math.log10(1 - share), sorted[Math.floor(share * sorted.length)] ?? 0]);
}

function nines(value: number): string {
  return value === 0 ? "fastest" : `p${Number(((1 - 10 ** -value) * 100).toFixed(4))}`;
}
