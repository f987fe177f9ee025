/** Where the part `number` begins of parts that lie end to end, told by where each ends. */
export function startOf(ends: Uint32Array, number: number): number {
  return number === 0 ? 0 : (ends[number - 1] ?? 0);
}
