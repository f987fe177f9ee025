/** The known name that is most like `name`, where one is near enough to be a slip. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, edits: editDistance(name, candidate) }))
    .filter(({ edits, candidate }) => edits <= Math.max(2, candidate.length / 4) && edits <= candidate.length / 2)
    .sort((a, b) => a.edits - b.edits)[0];
  return near?.candidate;
}

/** What goes behind the refusal of a name that may be a slip: `; did you mean status?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? "" : `; did you mean ${near}?`;
}

/** Damerau's distance (optimal string alignment), a row at a time: two neighbours that changed places are one edit. */
function editDistance(a: string, b: string): number {
  let aboveThat: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (above[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      const isSwapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j];
      const swapped = isSwapped ? (aboveThat[j - 1] ?? 0) + 1 : replaced;
      row.push(Math.min(replaced, swapped, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    aboveThat = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
