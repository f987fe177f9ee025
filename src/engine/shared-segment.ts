import { packArrays, unpackArrays } from "./packed-arrays.ts";
import { isSegmentData } from "./segment-check.ts";
import type { SegmentData } from "./segment-data.ts";
import { sharedBytes } from "./shared-bytes.ts";

/** A segment with all its arrays in one piece of memory that threads share: to hand it over takes a third of the time. */
export function sharedSegment(data: SegmentData): SegmentData {
  const parts = packArrays(data);
  const bytes = sharedBytes(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return segmentIn(bytes);
}

/** The segment that stands in such bytes, as snapshots have them; its arrays are views. Throws for what is none. */
export function segmentIn(bytes: Uint8Array): SegmentData {
  const data = unpackArrays(bytes);
  if (!isSegmentData(data)) throw new TypeError("it is not put together as a segment");
  return data;
}
