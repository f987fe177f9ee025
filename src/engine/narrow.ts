import { newUint8, newUint16, newUint32 } from "./shared-arrays.ts";

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
  if (largest < 0x100) return newUint8(length);
  if (largest < 0x1_0000) return newUint16(length);
  return newUint32(length);
}
