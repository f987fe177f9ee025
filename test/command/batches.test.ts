import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, batchesOf } from "../../src/command/batches.ts";

async function gather(chunks: Iterable<Uint8Array>, batchBytesMax: number, lineBytesMax = 1000): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of batchesOf(chunks, { batchBytesMax, lineBytesMax })) batches.push(batch);
  return batches;
}

/** The bytes cut into pieces of these sizes, over and over. */
function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("batches", () => {
  it("are the source, cut between lines, numbered, and no larger than asked for unless one line is", async () => {
    const lines = fc.array(
      fc.string({ maxLength: 20 }).map((line) => line.replaceAll("\n", "")),
      { maxLength: 30 },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(lines, fc.boolean(), sizes, fc.integer({ min: 1, max: 60 }), async (all, isEnded, cuts, max) => {
        const bytes = Buffer.from(all.join("\n") + (isEnded && all.length > 0 ? "\n" : ""));
        const batches = await gather(chunked(bytes, cuts), max);
        expect(Buffer.concat(batches.map((batch) => batch.bytes)).equals(bytes)).toBe(true);
        let line = 1;
        batches.forEach((batch, i) => {
          const text = Buffer.from(batch.bytes).toString();
          const isLast = i === batches.length - 1;
          expect(batch.firstLine).toBe(line);
          expect(isLast || text.endsWith("\n")).toBe(true);
          expect(batch.lines).toBe(text.split("\n").length - (text.endsWith("\n") ? 1 : 0));
          expect(batch.bytes.length <= max || batch.lines === 1).toBe(true);
          line += batch.lines;
        });
      }),
      { seed: 22, numRuns: 500 },
    );
  });

  it("are as few as their size allows when lines are short", async () => {
    const bytes = Buffer.from("123456789\n".repeat(1000));
    const batches = await gather(chunked(bytes, [64]), 100);
    expect(batches.length).toBe(100);
  });

  it("name a line that is longer than any may be, before it ends", async () => {
    function* endless(): Generator<Uint8Array> {
      yield Buffer.from("short\n");
      for (;;) yield Buffer.from("x".repeat(64));
    }
    await expect(gather(endless(), 10, 500)).rejects.toThrow("line 2 is longer than 500 bytes");
  });

  it("are none of nothing", async () => {
    expect(await gather([], 10)).toEqual([]);
  });
});
