import { startOf } from "./ends.ts";

/** Strings as UTF-8 bytes end to end, and where each ends. */
export type StringBytes = { bytes: Uint8Array; ends: Uint32Array };

const encoder = new TextEncoder();

export function bytesOf(strings: readonly string[]): StringBytes {
  let capacity = 0;
  for (const string of strings) capacity += string.length * 3;
  const bytes = new Uint8Array(capacity);
  const ends = new Uint32Array(strings.length);
  let at = 0;
  strings.forEach((string, number) => {
    at = writeString(bytes, at, string);
    ends[number] = at;
  });
  return { bytes: bytes.subarray(0, at), ends };
}

/**
 * Writes a string's UTF-8, for which there must be three bytes a unit; answers where it ends. Most are short and ASCII,
 * for which calling the encoder costs more than the writing.
 */
export function writeString(bytes: Uint8Array, start: number, string: string): number {
  for (let i = 0; i < string.length; i++) {
    const code = string.charCodeAt(i);
    if (code > 0x7f) return start + encoder.encodeInto(string, bytes.subarray(start)).written;
    bytes[start + i] = code;
  }
  return start + string.length;
}

/** Some of the strings, by their places, in the order given. */
export function pickStrings({ bytes, ends }: StringBytes, places: readonly number[]): StringBytes {
  let sizeBytes = 0;
  for (const place of places) sizeBytes += (ends[place] ?? 0) - startOf(ends, place);
  const picked = { bytes: new Uint8Array(sizeBytes), ends: new Uint32Array(places.length) };
  let at = 0;
  places.forEach((place, number) => {
    const end = ends[place] ?? 0;
    for (let i = startOf(ends, place); i < end; i++) picked.bytes[at++] = bytes[i] ?? 0;
    picked.ends[number] = at;
  });
  return picked;
}
