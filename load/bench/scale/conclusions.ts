import type { Row } from "./figures.ts";
import { fitLine, type Line } from "./line-fit.ts";
import type { Part } from "./sizes.ts";

/** What the rows of a part say, in sentences for people. */
export function conclusionsOf(part: Part, rows: readonly Row[]): string[] {
  return conclusions[part](rows);
}

const conclusions: Record<Part, (rows: readonly Row[]) => string[]> = {
  shards: aboutShards,
  documents: aboutDocuments,
  replicas: aboutReplicas,
  roots: aboutRoots,
};

/** A query's processor time over the number of shards, at the same documents. */
export function shardCost(rows: readonly Row[]): { query: Line; root: Line; leaves: Line } | undefined {
  const over = (cost: (row: Row) => number): Line | undefined =>
    fitLine(rows.map((row) => ({ x: row.shards, y: cost(row) })));
  const [query, root, leaves] = [over(costMs), over((row) => row.rootMsPerQuery), over((row) => row.leafMsPerQuery)];
  return query === undefined || root === undefined || leaves === undefined ? undefined : { query, root, leaves };
}

function aboutShards(rows: readonly Row[]): string[] {
  const cost = shardCost(rows);
  if (cost === undefined) return [];
  const { query, root, leaves } = cost;
  return [
    `a shard more costs a query ${ms(query.each)} ms of processor time (root ${ms(root.each)}, leaves ${ms(leaves.each)}); ` +
      `${ms(query.fixed)} ms are fixed; the line misses its worst point by ${ms(query.missMost)} ms`,
  ];
}

/** How a query's cost grows with the documents: 1 where twice as many cost twice as much, 0 where they cost nothing. */
export function documentExponent(rows: readonly Row[]): number | undefined {
  return fitLine(rows.map((row) => ({ x: Math.log(row.documents), y: Math.log(costMs(row)) })))?.each;
}

function aboutDocuments(rows: readonly Row[]): string[] {
  const [first, last] = [rows[0], rows.at(-1)];
  const exponent = documentExponent(rows);
  const memory = fitLine(rows.flatMap(({ documents: x, leafMemoryBytes: y }) => (y === undefined ? [] : [{ x, y }])));
  if (first === undefined || last === undefined || exponent === undefined || memory === undefined) return [];
  return [
    `${times(last.documents / first.documents)} times the documents cost a query ${times(costMs(last) / costMs(first))} times the processor time: ` +
      `it grows with their ${exponent.toFixed(2)}th power`,
    `a document more takes ${Math.round(memory.each)} bytes of the leaves' memory; ${(memory.fixed / 1e6).toFixed(0)} MB are fixed`,
  ];
}

function aboutReplicas(rows: readonly Row[]): string[] {
  const writing = fitLine(rows.map(({ replicas, loading }) => ({ x: replicas, y: loading.leafMsPerDocument })));
  const [first, last] = [rows[0], rows.at(-1)];
  if (writing === undefined || first === undefined || last === undefined) return [];
  const amplification = last.loading.leafMsPerDocument / first.loading.leafMsPerDocument;
  return [
    `a replica more costs the leaves ${ms(writing.each)} ms of processor time for each document; ${ms(writing.fixed)} ms are fixed`,
    `with ${last.replicas} replicas the leaves spend ${times(amplification)} times on a document what they do with ${first.replicas}, ` +
      `and ${times(last.queriesPerSecond / first.queriesPerSecond)} times the queries are answered`,
  ];
}

/** What one root could answer in a second if it had a processor for itself and nothing else were short. */
export function rootLimitPerSecond(rows: readonly Row[]): number | undefined {
  const [alone] = rows.filter(({ roots }) => roots === 1);
  return alone === undefined || !(alone.rootMsPerQuery > 0) ? undefined : 1_000 / alone.rootMsPerQuery;
}

function aboutRoots(rows: readonly Row[]): string[] {
  const limit = rootLimitPerSecond(rows);
  const [first, last] = [rows[0], rows.at(-1)];
  if (limit === undefined || first === undefined || last === undefined) return [];
  return [
    `a root's own limit: ${ms(first.rootMsPerQuery)} ms of processor time a query, ${Math.round(limit)} queries/s of one processor`,
    `${last.roots} roots answered ${times(last.queriesPerSecond / first.queriesPerSecond)} times what ${first.roots} did; ` +
      `everything together kept ${last.processorsBusy.toFixed(2)} processors busy, ${first.processorsBusy.toFixed(2)} with ${first.roots}`,
  ];
}

/** What the service spends on a query; the process that asks is none of it. */
function costMs({ rootMsPerQuery, leafMsPerQuery }: Row): number {
  return rootMsPerQuery + leafMsPerQuery;
}

function ms(value: number): string {
  return value.toFixed(3);
}

function times(ratio: number): string {
  return ratio.toFixed(ratio < 10 ? 2 : 0);
}
