import { expect, it } from "vitest";
import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { createDocumentAnalyzer } from "../../src/engine/document.ts";
import { Memtable } from "../../src/engine/memtable.ts";
import { seal } from "../../src/engine/seal.ts";
import type { SegmentData } from "../../src/engine/segment-data.ts";
import { sharedSegment } from "../../src/engine/shared-segment.ts";
import { textSettings } from "../support/text-settings.ts";

const settings = textSettings(["body"], "simple");
const analyze = createDocumentAnalyzer(settings, createAnalyzer(settings));

/** Of documents so long that their sources alone are a large array. */
function segmentOf(documents: number): SegmentData {
  const memtable = new Memtable(1, ["numbers", "keywords"]);
  for (let i = 0; i < documents; i++) {
    const source = JSON.stringify({ body: `bee sea ${"wind ".repeat(200)}${i}` });
    memtable.append(analyze(String(i).padStart(5, "0"), new TextEncoder().encode(source)));
  }
  return seal(memtable, 1);
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
