import { expect, test } from "vitest";
import { Column } from "../../src/engine/column.ts";
import { ColumnBuilder } from "../../src/engine/column-builder.ts";
import type { CellValue } from "../../src/engine/column-values.ts";
import { mergeColumns } from "../../src/engine/merge-columns.ts";

function built(cells: readonly CellValue[]) {
  const builder = new ColumnBuilder("keywords", cells.length);
  cells.forEach((cell, doc) => void builder.addCell(doc, cell));
  return builder.build();
}

test("merging columns keeps what the kept documents hold, and no other value", () => {
  const sources = [
    { columns: [built(["b", ["a", "c"], null])], newDocs: Int32Array.of(-1, 2, 0) },
    { columns: [built(["x", "c"])], newDocs: Int32Array.of(1, -1) },
  ];
  const [data] = mergeColumns(sources, 3);
  const column = new Column(data ?? built([]));
  const values = Array.from({ length: column.size }, (_, i) => column.valueAt(i + 1));
  expect(values).toEqual(["a", "c", "x"]);
  expect([0, 1, 2].map((doc) => column.leastRank(doc))).toEqual([0, 3, 1]);
  expect([...column.ranks]).toEqual([3, 1, 2]);
});
