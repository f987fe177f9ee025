import type { Comparison } from "./compare.ts";

/** The comparison as one line of JSON. */
export function comparisonJson(collection: string, comparison: Comparison): string {
  return `${JSON.stringify({ collection, ...comparison })}\n`;
}

/** The comparison as a table for people, a variant a line. */
export function comparisonTable(collection: string, { documents, plain, variants }: Comparison): string {
  const head = ["ranking", "nDCG@10", "MAP", "R@100", "difference", "p", "wins", "losses", "ms", "cost"];
  const rows = [
    ["plain", ...[plain.ndcg10, plain.map, plain.recall100].map(four), "", "", "", "", plain.meanMs.toFixed(2), "1.00"],
    ...variants.map((one) => [
      ...[one.variant, four(one.ndcg10), four(one.map), four(one.recall100), signed(one.difference), four(one.p)],
      ...[String(one.wins), String(one.losses), one.meanMs.toFixed(2), one.costRatio.toFixed(2)],
    ]),
  ];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  ");
  return `${collection}: ${documents} documents, ${plain.queries} queries\n${[head, ...rows].map(line).join("\n")}\n`;
}

function four(figure: number): string {
  return figure.toFixed(4);
}

function signed(figure: number): string {
  return `${figure < 0 ? "" : "+"}${four(figure)}`;
}
