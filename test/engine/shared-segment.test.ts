import { expect, it } from "vitest";
import type { SegmentData } from "../../src/engine/segment-data.ts";
import { sharedSegment } from "../../src/engine/shared-segment.ts";
import { sealedBodies } from "../support/bodies.ts";

/** Of documents so long that their sources alone are a large array. */
function segmentOf(documents: number): SegmentData {
  const bodies = Array.from({ length: documents }, (_, i) => ({
    id: String(i).padStart(5, "0"),
    body: `bee sea ${"wind ".repeat(200)}${i}`,
  }));
  return sealedBodies(bodies, ["numbers", "keywords"]);
}

function arraysIn(part: unknown): ArrayBufferView[] {
  if (typeof part !== "object" || part === null) return [];
  return ArrayBuffer.isView(part) ? [part] : Object.values(part).flatMap(arraysIn);
}

it.each([0, 1, 500])(
  "a segment of %i documents is the same in shared memory, its small arrays in one piece",
  (documents) => {
    const data = segmentOf(documents);
    const shared = sharedSegment(data);
    expect(shared).toEqual(data);
    const [before, after] = [arraysIn(data), arraysIn(shared)];
    expect(after.every(({ buffer }) => buffer instanceof SharedArrayBuffer)).toBe(true);
    const small = after.filter((_, i) => before[i]?.buffer instanceof ArrayBuffer);
    expect(small.length).toBeGreaterThan(10);
    expect(new Set(small.map(({ buffer }) => buffer)).size).toBe(1);
    const large = after.filter((array) => !small.includes(array));
    expect(large.length).toBe(documents === 500 ? 1 : 0);
    for (const array of large) expect(before).toContain(array);
  },
);
