import { bucketQuantileMs } from "./buckets.ts";
import type { Report, ReportSecond } from "./report.ts";

/** A chart as the page's script draws it: columns over one x axis, the first being x itself. */
export type Chart = {
  title: string;
  unit: string;
  logarithmic: boolean;
  /** Of x: seconds, or percentiles as the number of nines. */
  x: "seconds" | "nines";
  labels: string[];
  columns: (number | null)[][];
  /** Stretches of x in which something was wrong. */
  bands: { from: number; until: number; what: string }[];
};

const nines = [
  0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999, 0.99995, 0.99999,
];

/** Everything that the page draws of a run. */
export function chartsOf(report: Report): Chart[] {
  const perSecond = (read: (second: ReportSecond) => number | null): PerSecond => ({ report, read });
  return [
    percentiles(report),
    timeline("Latency over time", "ms", [
      ["p50", perSecond(({ latency }) => (latency.length === 0 ? null : bucketQuantileMs(latency, 0.5)))],
      ["p99", perSecond(({ latency }) => (latency.length === 0 ? null : bucketQuantileMs(latency, 0.99)))],
    ]),
    timeline("Queries over time", "a second", [
      ["sent", perSecond(({ queries }) => queries)],
      ["answered", perSecond(({ answered }) => answered)],
      ["turned away", perSecond(({ shed }) => shed)],
      ["failed", perSecond(({ failed }) => failed)],
    ]),
    timeline("Coverage over time", "share", [
      ["coverage", perSecond(({ coverage, answered, failed }) => ratio(coverage, answered + failed))],
    ]),
    timeline("Extra attempts over time", "for each first one", [
      ["hedges", perSecond(({ hedges, first }) => ratio(hedges, first))],
      ["retries", perSecond(({ retries, first }) => ratio(retries, first))],
    ]),
  ];
}

function percentiles(report: Report): Chart {
  const variants = Object.entries(report.variants);
  const lines = variants.flatMap(([variant, { histograms }]) =>
    Object.entries(histograms)
      .filter(([phase]) => phase === "all" || Object.keys(histograms).length > 2)
      .map(([phase, buckets]) => ({ label: variants.length === 1 ? phase : `${variant} ${phase}`, buckets })),
  );
  const column = (buckets: [number, number][]): (number | null)[] => {
    const count = buckets.reduce((sum, [, one]) => sum + one, 0);
    return nines.map((q) => (count * (1 - q) < 1 ? null : bucketQuantileMs(buckets, q)));
  };
  return {
    title: "Latency by percentile",
    unit: "ms",
    logarithmic: true,
    x: "nines",
    labels: lines.map(({ label }) => label),
    columns: [nines.map((q) => -Math.log10(1 - q)), ...lines.map(({ buckets }) => column(buckets))],
    bands: [],
  };
}

type PerSecond = { report: Report; read: (second: ReportSecond) => number | null };

/** Each variant draws its own seconds; where another had its turn there is a gap. */
function timeline(title: string, unit: string, lines: readonly (readonly [string, PerSecond])[]): Chart {
  const report = lines[0]?.[1].report;
  const variants = Object.entries(report?.variants ?? {});
  const instants = variants.flatMap(([, { seconds }]) => seconds.map(({ atMs }) => atMs)).sort((a, b) => a - b);
  const places = new Map(instants.map((atMs, i) => [atMs, i]));
  const drawn = variants.flatMap(([variant, { seconds }]) =>
    lines.map(([label, { read }]) => {
      const column: (number | null)[] = new Array(instants.length).fill(null);
      for (const second of seconds) column[places.get(second.atMs) ?? 0] = read(second);
      return { label: variants.length === 1 ? label : `${variant} ${label}`, column };
    }),
  );
  return {
    title,
    unit,
    logarithmic: unit === "ms",
    x: "seconds",
    labels: drawn.map(({ label }) => label),
    columns: [instants.map((atMs) => atMs / 1000), ...drawn.map(({ column }) => column)],
    bands: (report?.legs ?? []).flatMap(({ startMs, disturbances }) =>
      disturbances.map(({ fromMs, untilMs, what }) => {
        return { from: (startMs + fromMs) / 1000, until: (startMs + untilMs) / 1000, what };
      }),
    ),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
