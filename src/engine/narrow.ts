/** Numbers in as few bytes each as the largest of them takes. */
export type NarrowArray = Uint8Array | Uint16Array | Uint32Array;

/** A copy of the numbers, narrow. */
export function narrowed(values: Uint32Array): NarrowArray {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  const narrow = emptyFor(largest, values.length);
  narrow.set(values);
  return narrow;
}

function emptyFor(largest: number, length: number): NarrowArray {
  if (largest < 0x100) return new Uint8Array(length);
  if (largest < 0x1_0000) return new Uint16Array(length);
  return new Uint32Array(length);
}
