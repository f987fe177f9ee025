import type { Evaluation } from "./evaluate.ts";

/** The figures as one line of JSON. */
export function asJson(collection: string, { queries, ndcg10, map, recall100 }: Evaluation): string {
  return `${JSON.stringify({ collection, queries, ndcg10, map, recall100 })}\n`;
}

/** The figures as a table for people. */
export function asTable(collection: string, evaluation: Evaluation): string {
  const { documents, queries, ndcg10, map, recall100 } = evaluation;
  const columns: [string, string][] = [
    ["collection", collection],
    ["documents", String(documents)],
    ["queries", String(queries)],
    ["nDCG@10", ndcg10.toFixed(4)],
    ["MAP", map.toFixed(4)],
    ["R@100", recall100.toFixed(4)],
  ];
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padStart(columnWidth(columns[i]))).join("  ");
  return `${line(columns.map(([title]) => title))}\n${line(columns.map(([, value]) => value))}\n`;
}

function columnWidth(column: readonly [string, string] | undefined): number {
  return Math.max(0, ...(column ?? []).map((cell) => cell.length));
}
