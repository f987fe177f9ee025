/** Damerau's distance with each letter edited at most once, by the plain table: slow and easy to check. Letters are code points. */
export function plainEdits(fromWord: string, toWord: string): number {
  const from = [...fromWord];
  const to = [...toWord];
  const table = Array.from({ length: from.length + 1 }, (_row, i) =>
    Array.from({ length: to.length + 1 }, (_cell, j) => (i === 0 ? j : i)),
  );
  const at = (i: number, j: number): number => table[i]?.[j] ?? 0;
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const replaced = at(i - 1, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let edits = Math.min(replaced, at(i - 1, j) + 1, at(i, j - 1) + 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) edits = Math.min(edits, at(i - 2, j - 2) + 1);
      const row = table[i];
      if (row !== undefined) row[j] = edits;
    }
  }
  return at(from.length, to.length);
}
