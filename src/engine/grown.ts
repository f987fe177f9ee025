/** A copy with room for at least so many numbers, and for twice as many as now, so that growing costs little each time. */
export function grown(numbers: Uint32Array, lengthMin: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(lengthMin, numbers.length * 2));
  larger.set(numbers);
  return larger;
}

/** The same of bytes. */
export function grownBytes(bytes: Uint8Array, lengthMin: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(lengthMin, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
