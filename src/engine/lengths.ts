/** Adds the lengths of a document's text fields, or of many documents', to sums; `sign` -1 takes them away again. */
export function addLengths(sums: number[], lengths: readonly number[], sign: 1 | -1): void {
  for (let field = 0; field < lengths.length; field++) {
    sums[field] = (sums[field] ?? 0) + sign * (lengths[field] ?? 0);
  }
}
