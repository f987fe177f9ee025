/** A column's title, and whether its values are numbers, which stand to the right. */
export type Column = { title: string; isNumber?: boolean };

/** Rows under their titles, each column as wide as its widest value, two spaces between. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? "").length)));
  return lines
    .map((line) => {
      const cells = columns.map(({ isNumber }, i) => {
        const cell = line[i] ?? "";
        const width = widths[i] ?? 0;
        return isNumber === true ? cell.padStart(width) : cell.padEnd(width);
      });
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}
