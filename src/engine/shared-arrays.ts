/** Larger arrays are made in memory that threads share: to be copied there later, they would be held twice meanwhile. */
const ownBytesMin = 1 << 18;

/** Zeros in memory that threads share: to hand it over copies nothing. */
export function sharedBytes(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes));
}

/** A copy of bytes in such memory. */
export function sharedCopy(bytes: Uint8Array): Uint8Array {
  const copy = sharedBytes(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Arrays of zeros for a segment: large ones in memory that threads share, the others until `sharedSegment` puts them there. */
export function newUint8(length: number): Uint8Array {
  return new Uint8Array(memoryFor(length));
}

export function newUint16(length: number): Uint16Array {
  return new Uint16Array(memoryFor(length * Uint16Array.BYTES_PER_ELEMENT));
}

export function newUint32(length: number): Uint32Array {
  return new Uint32Array(memoryFor(length * Uint32Array.BYTES_PER_ELEMENT));
}

export function newFloat64(length: number): Float64Array {
  return new Float64Array(memoryFor(length * Float64Array.BYTES_PER_ELEMENT));
}

function memoryFor(sizeBytes: number): ArrayBufferLike {
  return sizeBytes >= ownBytesMin ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes);
}
