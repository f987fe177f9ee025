import { escapeHtml } from "../protocol/escape-html.ts";

/** A line chart as SVG, with nothing from outside. */

export const widthPx = 960;
const heightPx = 300;
const leftPx = 50;
const rightPx = 30;
const bottomPx = 30;
const topPx = 10;
const colours = ["#1b6ca8", "#c8553d", "#3d8b53", "#8a5fb0", "#b5891f", "#3f8f97", "#a34a7d", "#5c6670"];
const ticksWanted = 6;

export type Point = readonly [number, number];
export type Line = { name: string; points: readonly Point[] };
export type ChartOptions = {
  /** Where to mark the horizontal axis; round numbers where it is not said. */
  xTicks?: readonly number[];
  xLabel: (value: number) => string;
  /** The vertical axis is logarithmic. */
  logarithmic?: boolean;
};

type Axis = { from: number; to: number; place: (value: number) => number };

/** The lines over a grid of round numbers, with their legend. */
export function chart(lines: readonly Line[], options: ChartOptions): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return "<p>Nothing was measured.</p>";
  const logarithmic = options.logarithmic === true;
  const along = points.map(([at]) => at);
  const x = axis(along, { fromPx: leftPx, toPx: widthPx - rightPx, logarithmic: false, fromZero: false });
  const upright = { fromPx: heightPx - bottomPx, toPx: topPx, logarithmic, fromZero: !logarithmic };
  const values = points.map(([, value]) => value);
  const y = axis(values, upright);
  const xTicks = (options.xTicks ?? roundNumbers(x)).filter((tick) => tick >= x.from && tick <= x.to);
  const yTicks = logarithmic ? roundPowers(y) : roundNumbers(y);
  const grid = [
    ...xTicks.map((tick) => xMark(x.place(tick), options.xLabel(tick))),
    ...yTicks.map((tick) => yMark(y, tick)),
  ];
  const drawn = lines.map((line, i) => polyline(line, { x, y, colour: colourOf(i) }));
  const legend = lines.map((line, i) => `<span style="color:${colourOf(i)}">■</span> ${escapeHtml(line.name)}`);
  return `<svg viewBox="0 0 ${widthPx} ${heightPx}" role="img">${[...grid, ...drawn].join("")}</svg>
<p class="legend">${legend.join(" &nbsp; ")}</p>`;
}

function colourOf(line: number): string {
  return colours[line % colours.length] ?? "#000";
}

function xMark(atPx: number, label: string): string {
  const px = atPx.toFixed(1);
  return `<path class="grid" d="M${px} ${topPx}V${heightPx - bottomPx}"/><text x="${px}" y="${heightPx - 10}" text-anchor="middle">${escapeHtml(label)}</text>`;
}

function yMark(y: Axis, tick: number): string {
  const px = y.place(tick).toFixed(1);
  return `<path class="grid" d="M${leftPx} ${px}H${widthPx - rightPx}"/><text x="${leftPx - 6}" y="${px}" text-anchor="end" dominant-baseline="middle">${tick}</text>`;
}

function polyline(line: Line, look: { x: Axis; y: Axis; colour: string }): string {
  const places = line.points.map(([at, value]) => `${look.x.place(at).toFixed(1)},${look.y.place(value).toFixed(1)}`);
  return `<polyline fill="none" stroke="${look.colour}" stroke-width="1.5" points="${places.join(" ")}"><title>${escapeHtml(line.name)}</title></polyline>`;
}

type Span = { fromPx: number; toPx: number; logarithmic: boolean; fromZero: boolean };

function axis(values: readonly number[], { fromPx, toPx, logarithmic, fromZero }: Span): Axis {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const from = logarithmic ? Math.max(least, 1e-3) : fromZero ? Math.min(least, 0) : least;
  const to = Math.max(most, from + 1e-6);
  const scale = (value: number): number => (logarithmic ? Math.log(Math.max(value, from)) : value);
  const share = (value: number): number => (scale(value) - scale(from)) / Math.max(scale(to) - scale(from), 1e-9);
  return { from, to, place: (value) => fromPx + share(value) * (toPx - fromPx) };
}

/** Multiples of 1, 2 or 5 times a power of ten, about as many as are wanted. */
function roundNumbers({ from, to }: Axis): number[] {
  const rough = (to - from) / ticksWanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((times) => times * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to * (1 + 1e-9); i++)
    ticks.push(Number((i * step).toPrecision(10)));
  return ticks;
}

/** 1, 2 and 5 times the powers of ten that the axis spans. */
function roundPowers({ from, to }: Axis): number[] {
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(from)); 10 ** exponent <= to; exponent++) {
    for (const times of [1, 2, 5]) ticks.push(Number((times * 10 ** exponent).toPrecision(10)));
  }
  return ticks.filter((tick) => tick >= from && tick <= to);
}
