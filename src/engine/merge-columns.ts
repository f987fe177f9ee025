import { Column } from "./column.ts";
import { ColumnBuilder } from "./column-builder.ts";
import type { ColumnData } from "./column-data.ts";

/** A segment's columns, and each document's new number, -1 for those that are left out. */
export type ColumnSource = { columns: readonly ColumnData[]; newDocs: Int32Array };

/** One column for each that the sources have, with what the documents that are kept hold and nothing else. */
export function mergeColumns(sources: readonly ColumnSource[], documents: number): ColumnData[] {
  const layout = sources[0]?.columns ?? [];
  return layout.map(({ values }, number) => {
    const builder = new ColumnBuilder(values.kind, documents);
    for (const { columns, newDocs } of sources) {
      const data = columns[number];
      if (data !== undefined) addColumn(builder, data, newDocs);
    }
    return builder.build();
  });
}

const unmapped = 0xffff_ffff;

function addColumn(builder: ColumnBuilder, data: ColumnData, newDocs: Int32Array): void {
  const column = new Column(data);
  const { ranks, ends } = data;
  const newNumbers = new Uint32Array(column.size + 1).fill(unmapped);
  const add = (doc: number, rank: number): void => {
    if (newNumbers[rank] === unmapped) newNumbers[rank] = builder.numberOf(column.valueAt(rank));
    builder.add(doc, newNumbers[rank] ?? 0);
  };
  let at = 0;
  newDocs.forEach((newDoc, doc) => {
    const end = ends === undefined ? at + 1 : (ends[doc] ?? 0);
    for (; at < end; at++) {
      const rank = ranks[at] ?? 0;
      if (newDoc >= 0 && rank > 0) add(newDoc, rank);
    }
  });
}
