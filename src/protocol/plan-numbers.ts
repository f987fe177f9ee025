/**
 * Inverse document frequency as Robertson and Sparck Jones have it, with the one added inside the logarithm that keeps
 * it positive (as Lucene does): ln(1 + (N - n + 0.5) / (n + 0.5)) for `documents` N of which `frequency` n hold the term.
 */
export function inverseDocumentFrequency(documents: number, frequency: number): number {
  return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
}

/** How long the texts of each field are on average. An average of nothing is set to one: it is divided by. */
export function averageLengths(documents: number, lengths: readonly number[]): number[] {
  return lengths.map((length) => (documents > 0 && length > 0 ? length / documents : 1));
}
