import { isSegmentData } from "./segment-check.ts";
import type { SegmentData } from "./segment-data.ts";
import { sharedBytes } from "./shared-arrays.ts";

const alignmentBytes = 8;

/**
 * The same segment with all its small arrays in one piece of shared memory: every piece costs the thread that takes it over
 * as much as three arrays do, and a segment has forty arrays.
 */
export function sharedSegment(data: SegmentData): SegmentData {
  const placeOf = new Map<SmallArray, number>();
  let sizeBytes = 0;
  eachSmall(data, (array) => {
    placeOf.set(array, sizeBytes);
    sizeBytes += Math.ceil(array.byteLength / alignmentBytes) * alignmentBytes;
  });
  const { buffer } = sharedBytes(sizeBytes);
  const shared = mapSmall(data, (array) => inside(buffer, { array, at: placeOf.get(array) ?? 0 }));
  if (!isSegmentData(shared)) throw new TypeError("a segment has become something else");
  return shared;
}

type SmallArray = Uint8Array | Uint16Array | Uint32Array | Float64Array;

function isSmall(part: unknown): part is SmallArray {
  const isArray =
    part instanceof Uint8Array ||
    part instanceof Uint16Array ||
    part instanceof Uint32Array ||
    part instanceof Float64Array;
  return isArray && !(part.buffer instanceof SharedArrayBuffer);
}

function eachSmall(part: unknown, take: (array: SmallArray) => void): void {
  mapSmall(part, (array) => {
    take(array);
    return array;
  });
}

/** A copy of plain objects and lists, with other arrays in the place of the small ones. */
function mapSmall(part: unknown, map: (array: SmallArray) => SmallArray): unknown {
  if (isSmall(part)) return map(part);
  if (typeof part !== "object" || part === null || ArrayBuffer.isView(part)) return part;
  if (Array.isArray(part)) return part.map((inner: unknown) => mapSmall(inner, map));
  return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, mapSmall(inner, map)]));
}

function inside(buffer: ArrayBufferLike, { array, at }: { array: SmallArray; at: number }): SmallArray {
  const { length } = array;
  let copy: SmallArray;
  if (array instanceof Uint8Array) copy = new Uint8Array(buffer, at, length);
  else if (array instanceof Uint16Array) copy = new Uint16Array(buffer, at, length);
  else if (array instanceof Uint32Array) copy = new Uint32Array(buffer, at, length);
  else copy = new Float64Array(buffer, at, length);
  copy.set(array);
  return copy;
}
