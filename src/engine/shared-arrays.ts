/** An array of more bytes has memory of its own; smaller ones stand side by side in blocks. */
const ownBytesMin = 1 << 14;
const blockBytes = 1 << 16;
const alignmentBytes = 8;

type Room = { buffer: SharedArrayBuffer; at: number };

let block: Room = { buffer: new SharedArrayBuffer(0), at: 0 };

/**
 * Arrays of zeros in memory that threads share: to hand one over copies nothing, yet every piece of such memory costs the
 * thread that takes it over as much as three arrays, and a segment has forty of these. A block is kept as long as
 * any array in it is.
 */
export function sharedUint8(length: number): Uint8Array {
  const { buffer, at } = roomFor(length);
  return new Uint8Array(buffer, at, length);
}

export function sharedUint16(length: number): Uint16Array {
  const { buffer, at } = roomFor(length * Uint16Array.BYTES_PER_ELEMENT);
  return new Uint16Array(buffer, at, length);
}

export function sharedUint32(length: number): Uint32Array {
  const { buffer, at } = roomFor(length * Uint32Array.BYTES_PER_ELEMENT);
  return new Uint32Array(buffer, at, length);
}

export function sharedFloat64(length: number): Float64Array {
  const { buffer, at } = roomFor(length * Float64Array.BYTES_PER_ELEMENT);
  return new Float64Array(buffer, at, length);
}

/** A copy of bytes in such memory. */
export function sharedCopy(bytes: Uint8Array): Uint8Array {
  const copy = sharedUint8(bytes.length);
  copy.set(bytes);
  return copy;
}

function roomFor(sizeBytes: number): Room {
  if (sizeBytes >= ownBytesMin) return { buffer: new SharedArrayBuffer(sizeBytes), at: 0 };
  if (block.at + sizeBytes > block.buffer.byteLength) block = { buffer: new SharedArrayBuffer(blockBytes), at: 0 };
  const { buffer, at } = block;
  block.at = Math.ceil((at + sizeBytes) / alignmentBytes) * alignmentBytes;
  return { buffer, at };
}
