import type { TimelinePoint } from "./measure.ts";
import type { Played } from "./play.ts";
import { figuresTable } from "./table.ts";

const widthPx = 960;
const heightPx = 300;
const marginPx = 50;
const colours = ["#1b6ca8", "#c8553d", "#3d8b53", "#8a5fb0", "#b5891f", "#3f8f97", "#a34a7d", "#5c6670"];
const curveShares = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999];

type Point = readonly [number, number];
type Line = { name: string; points: readonly Point[] };
type Axis = { from: number; to: number; place: (value: number) => number };

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
svg{width:100%;height:auto}pre{overflow:auto}text{font-size:12px;fill:#555}</style>
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

type ChartOptions = { xTicks?: readonly number[]; xLabel: (value: number) => string; logarithmic?: boolean };

const timeAxis: ChartOptions = { xLabel: (seconds) => `${Number(seconds.toFixed(1))} s` };

function percentileCurve(sorted: Float64Array): Point[] {
  return curveShares
    .filter((share) => sorted.length * (1 - share) >= 1)
    .map((share) => [-Math.log10(1 - share), sorted[Math.floor(share * sorted.length)] ?? 0]);
}

function nines(value: number): string {
  return value === 0 ? "fastest" : `p${Number(((1 - 10 ** -value) * 100).toFixed(4))}`;
}

function chart(lines: readonly Line[], options: ChartOptions): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return "<p>Nothing was measured.</p>";
  const values = points.map(([, value]) => value);
  const x = axis(
    points.map(([at]) => at),
    { fromPx: marginPx, toPx: widthPx - 10, logarithmic: false },
  );
  const y = axis(values, { fromPx: heightPx - 30, toPx: 10, logarithmic: options.logarithmic === true });
  const xTicks = options.xTicks ?? [0, 0.25, 0.5, 0.75, 1].map((share) => x.from + share * (x.to - x.from));
  const marks = xTicks
    .filter((tick) => tick >= x.from && tick <= x.to)
    .map((tick) => `<text x="${x.place(tick)}" y="${heightPx - 10}">${escapeHtml(options.xLabel(tick))}</text>`);
  const ends = [y.from, y.to].map(
    (value) => `<text x="0" y="${y.place(value) + 4}">${Number(value.toPrecision(3))}</text>`,
  );
  const drawn = lines.map((line, i) => polyline(line, { x, y, colour: colours[i % colours.length] ?? "#000" }));
  const legend = lines.map((line, i) => {
    const colour = colours[i % colours.length] ?? "#000";
    return `<span style="color:${colour}">■</span> ${escapeHtml(line.name)}`;
  });
  return `<svg viewBox="0 0 ${widthPx} ${heightPx}" role="img">${[...marks, ...ends, ...drawn].join("")}</svg><p>${legend.join(" &nbsp; ")}</p>`;
}

function polyline(line: Line, look: { x: Axis; y: Axis; colour: string }): string {
  const places = line.points.map(([at, value]) => `${look.x.place(at).toFixed(1)},${look.y.place(value).toFixed(1)}`);
  return `<polyline fill="none" stroke="${look.colour}" stroke-width="1.5" points="${places.join(" ")}"><title>${escapeHtml(line.name)}</title></polyline>`;
}

function axis(values: readonly number[], span: { fromPx: number; toPx: number; logarithmic: boolean }): Axis {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const from = span.logarithmic ? Math.max(least, 1e-3) : Math.min(least, 0);
  const to = Math.max(most, from + 1e-6);
  const scale = (value: number): number => (span.logarithmic ? Math.log(Math.max(value, from)) : value);
  const share = (value: number): number => (scale(value) - scale(from)) / Math.max(scale(to) - scale(from), 1e-9);
  return { from, to, place: (value) => span.fromPx + share(value) * (span.toPx - span.fromPx) };
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
