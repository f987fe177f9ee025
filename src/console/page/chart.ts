import uPlot from "uplot";
import { agoText, instantsBack } from "./time-axis.ts";

/** One line of a chart: its name, the custom property that holds its colour, and how its values are written. */
export type Line = { name: string; colour: string; dash?: number[]; text(value: number): string };

export type ChartOptions = { place: HTMLElement; lines: readonly Line[]; isLogarithmic: boolean };

const heightPx = 170;

/** A chart over the last minutes, drawn by uPlot in the page's own colours and as wide as its place. */
export class Chart {
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;
  #seconds: readonly number[] = [];

  constructor(options: ChartOptions) {
    this.#options = options;
    new ResizeObserver(() => {
      const widthPx = options.place.clientWidth;
      if (this.#plot !== undefined && widthPx > 0) this.#plot.setSize({ width: widthPx, height: heightPx });
    }).observe(options.place);
  }

  /** Draws values: first the seconds, then each line's. Nothing is drawn while the place is hidden. */
  draw(seconds: readonly number[], lines: readonly (readonly (number | null)[])[]): void {
    this.#seconds = seconds;
    if (this.#options.place.clientWidth === 0) return;
    const data: uPlot.AlignedData = [[...seconds], ...lines.map((values) => [...values])];
    if (this.#plot === undefined) this.#plot = new uPlot(this.#layout(), data, this.#options.place);
    else this.#plot.setData(data);
  }

  /** Forgets the colours, so that the next drawing takes them anew. */
  recolour(): void {
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #layout(): uPlot.Options {
    const { lines, place, isLogarithmic } = this.#options;
    const ink = this.#colour("--ink-soft");
    const axis: uPlot.Axis = {
      stroke: ink,
      font: "11px Inter, system-ui, sans-serif",
      grid: { stroke: this.#colour("--rule"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: place.clientWidth,
      height: heightPx,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: (_plot, _min, max) => [max - spanS(this.#seconds), max] },
        y: isLogarithmic ? { distr: 3, range: (_plot, min, max) => decadesAround(min, max) } : { range: fromZero },
      },
      axes: [
        {
          ...axis,
          size: 32,
          splits: (plot, _axis, min, max) => instantsBack({ min, max, widthPx: plot.width }),
          values: (_plot, instants) => instants.map((at) => agoText((instants[0] ?? at) - at)),
        },
        {
          ...axis,
          size: 64,
          values: (_plot, values) => values.map((value) => this.#scaleText(value)),
          ...(isLogarithmic ? { splits: (_plot, _axis, min, max) => decadesIn(min, max) } : {}),
        },
      ],
      series: [{}, ...lines.map((line) => this.#series(line))],
    };
  }

  #series({ name, colour, dash }: Line): uPlot.Series {
    const stroke = this.#colour(colour);
    return { label: name, stroke, width: 1.75, points: { show: false }, ...(dash === undefined ? {} : { dash }) };
  }

  #scaleText(value: number | null): string {
    const [first] = this.#options.lines;
    if (value === null || first === undefined) return "";
    return first.text(value);
  }

  /** A custom property as the canvas takes it: what the browser makes of it where the chart stands. */
  #colour(property: string): string {
    const { place } = this.#options;
    place.style.color = `var(${property})`;
    const { color } = getComputedStyle(place);
    place.style.color = "";
    return color;
  }
}

function decadesAround(min: number, max: number): [number, number] {
  if (!(min > 0) || !(max > 0)) return [1, 100];
  return [
    10 ** Math.floor(Math.log10(min)),
    10 ** Math.max(Math.ceil(Math.log10(max)), Math.floor(Math.log10(min)) + 1),
  ];
}

function fromZero(_plot: uPlot, _min: number, max: number): [number, number] {
  return [0, max > 0 ? max * 1.15 : 1];
}

/** How far back is drawn: a minute at least, so that a page that was just opened does not magnify its first seconds. */
function spanS(seconds: readonly number[]): number {
  return Math.max(60, (seconds.at(-1) ?? 0) - (seconds[0] ?? 0));
}

function decadesIn(min: number, max: number): number[] {
  const first = Math.round(Math.log10(min));
  return Array.from({ length: Math.round(Math.log10(max)) - first + 1 }, (_, i) => 10 ** (first + i));
}
