import { formatCount } from "../../../src/command/progress.ts";
import { type Column, renderTable } from "../../../src/command/table.ts";
import type { Machine } from "../../report/machine.ts";
import { conclusionsOf, documentExponent, rootLimitPerSecond, shardCost } from "./conclusions.ts";
import type { Row } from "./figures.ts";
import type { Part, Sizes } from "./sizes.ts";

export type PartResult = { kind: "rows"; part: Part; rows: readonly Row[] };

/** A part that did not run: `lacking` something of this machine, or because it failed. */
export type MissingPart = { kind: "lacking" | "failed"; part: Part; why: string };

export type ScaleHead = { machine: Machine; sizes: Sizes; isQuick: boolean };
export type ScaleResult = ScaleHead & {
  results: readonly PartResult[];
  missing: readonly MissingPart[];
  tookMs: number;
};

type Shown = Column & { show(row: Row): string };

const number = (title: string, show: (row: Row) => string): Shown => ({ title, isNumber: true, show });
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

const asked: readonly Shown[] = [
  number("queries/s", ({ queriesPerSecond }) => formatCount(queriesPerSecond)),
  number("p50 ms", ({ p50Ms }) => ms(p50Ms)),
  number("p99 ms", ({ p99Ms }) => ms(p99Ms)),
  number("root CPU ms", ({ rootMsPerQuery }) => rootMsPerQuery.toFixed(3)),
  number("leaf CPU ms", ({ leafMsPerQuery }) => leafMsPerQuery.toFixed(3)),
  number("asker CPU ms", ({ driverMsPerQuery }) => driverMsPerQuery.toFixed(3)),
  number("CPUs busy", ({ processorsBusy }) => processorsBusy.toFixed(2)),
  number("extra", ({ extraShare }) => percent(extraShare)),
  number("not whole", ({ notWholeShare }) => percent(notWholeShare)),
];

const loaded = number("load docs/s", ({ loading }) => formatCount(loading.documentsPerSecond));
const writing = number("leaf CPU ms/doc", ({ loading }) => loading.leafMsPerDocument.toFixed(3));

const columns: Record<Part, readonly Shown[]> = {
  shards: [number("shards", ({ shards }) => String(shards)), ...asked],
  documents: [
    number("documents", ({ documents }) => formatCount(documents)),
    ...asked,
    number("leaves MB", ({ leafMemoryBytes = 0 }) => formatCount(leafMemoryBytes / 1e6)),
    loaded,
  ],
  replicas: [number("replicas", ({ replicas }) => String(replicas)), ...asked, loaded, writing],
  roots: [number("roots", ({ roots }) => String(roots)), ...asked],
};

const titles: Record<Part, (sizes: Sizes) => string> = {
  shards: ({ shards }) => `shards: ${formatCount(shards.documents)} documents, 1 replica`,
  documents: ({ documents }) => `documents: ${documents.shards} shards, 1 replica; each load adds to what is there`,
  replicas: ({ replicas }) => `replicas: ${formatCount(replicas.documents)} documents, ${replicas.shards} shards`,
  roots: ({ roots }) =>
    `roots: ${formatCount(roots.documents)} documents, ${roots.shards} shards, 1 replica, one change log (JetStream)`,
};

/** All of it for programs, in one line: the rows, the figures that the conclusions rest on, and their words. */
export function scaleJson({ results, missing, ...rest }: ScaleResult): string {
  const shown = results.map(({ part, rows }) => {
    return { part, rows, ...figuresOf[part](rows), conclusions: conclusionsOf(part, rows) };
  });
  return JSON.stringify({ bench: "scale", ...rest, parts: shown, missing });
}

const figuresOf: Record<Part, (rows: readonly Row[]) => object> = {
  shards: (rows) => ({ costMs: shardCost(rows) }),
  documents: (rows) => ({ exponent: documentExponent(rows) }),
  replicas: () => ({}),
  roots: (rows) => ({ rootLimitPerSecond: rootLimitPerSecond(rows) }),
};

/** What stands above all tables. */
export function scaleHeading({ machine, sizes, isQuick }: ScaleHead): string {
  const { processors, processor, node, loadAverage } = machine;
  return [
    `${processors} processors (${processor}), Node ${node}, load average ${loadAverage.toFixed(1)} before`,
    `at most ${sizes.leaves} leaves, ${sizes.connections} connections, nothing cached; CPU ms are per query`,
    ...(isQuick ? ["QUICK: these figures only show that it runs"] : []),
    "",
  ].join("\n");
}

/** A part's table and what it says, for people. */
export function partReport({ part, rows }: PartResult, sizes: Sizes): string {
  const table = renderTable(
    columns[part],
    rows.map((row) => columns[part].map(({ show }) => show(row))),
  );
  return [titles[part](sizes), "", table, ...conclusionsOf(part, rows), ""].join("\n");
}

/** Says loudly that a part did not run, and why. */
export function missingLine({ part, why }: MissingPart): string {
  return `NOT RUN: ${part}: ${why}`;
}
