import type { DocumentSlice } from "./link.ts";

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A slice that is all of some bytes. */
export function wholeSlice(bytes: Uint8Array): DocumentSlice {
  return { bytes: asBuffer(bytes), start: 0, end: bytes.length };
}

/** A slice's text, which is UTF-8. */
export function sliceText({ bytes, start, end }: DocumentSlice): string {
  return bytes.toString("utf8", start, end);
}
