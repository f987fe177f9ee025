import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, type BatchLimits, batchesOf, halvesOf, type LongLine } from "../../src/command/batches.ts";

async function piecesOf(chunks: Iterable<Uint8Array>, limits: BatchLimits): Promise<(Batch | LongLine)[]> {
  return Array.fromAsync(batchesOf(chunks, limits));
}

/** The batches of a source without long lines. */
async function gather(chunks: Iterable<Uint8Array>, batchBytesMax: number): Promise<Batch[]> {
  const found = await piecesOf(chunks, { batchBytesMax, lineBytesMax: 1000 });
  const batches = found.filter((one) => one.kind === "batch");
  expect(batches).toEqual(found);
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

  it("hold all lines but those that are longer than any may be, which are told in their places", async () => {
    const lines = fc.array(
      fc.integer({ min: 0, max: 60 }).map((length) => "x".repeat(length)),
      { minLength: 1, maxLength: 12 },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 });
    const limits = fc.record({
      batchBytesMax: fc.integer({ min: 1, max: 50 }),
      lineBytesMax: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(lines, fc.boolean(), sizes, limits, async (texts, isEnded, cuts, given) => {
        const source = texts.map((text, i) => (i < texts.length - 1 || isEnded ? `${text}\n` : text));
        const found = await piecesOf(chunked(Buffer.from(source.join("")), cuts), given);
        const told = found.flatMap((one): object[] => {
          if (one.kind === "longLine") return [{ line: one.line, sizeBytes: one.sizeBytes }];
          const text = Buffer.from(one.bytes).toString();
          return text.match(/.*\n|.+$/g)?.map((line, i) => ({ line: one.firstLine + i, text: line })) ?? [];
        });
        const expected = source.flatMap((text, i): object[] => {
          if (text === "") return [];
          const isLong = (texts[i]?.length ?? 0) > given.lineBytesMax;
          return [{ line: i + 1, ...(isLong ? { sizeBytes: text.length } : { text }) }];
        });
        expect(told).toEqual(expected);
      }),
      { seed: 23, numRuns: 1000 },
    );
  });

  it("pass over a long line without room for it", async () => {
    const mebibyte = 1024 * 1024;
    const part = Buffer.alloc(mebibyte, "x");
    const heldBytes: number[] = [];
    function* longLine(): Generator<Uint8Array> {
      for (let i = 0; i < 128; i++) {
        yield part;
        heldBytes.push(process.memoryUsage().arrayBuffers);
      }
      yield Buffer.from("\nshort");
    }
    const found = await piecesOf(longLine(), { batchBytesMax: mebibyte, lineBytesMax: 4 * mebibyte });
    expect(found.map(({ kind }) => kind)).toEqual(["longLine", "batch"]);
    expect(found[1]).toMatchObject({ firstLine: 2, lines: 1 });
    expect(Math.max(...heldBytes) - (heldBytes[0] ?? 0)).toBeLessThan(32 * mebibyte);
  });

  it("come in halves of whole lines, numbered as in the source", () => {
    const lines = fc.array(
      fc.string({ maxLength: 20 }).map((line) => line.replaceAll("\n", "")),
      { minLength: 2, maxLength: 12 },
    );
    fc.assert(
      fc.property(lines, fc.boolean(), fc.integer({ min: 1, max: 99 }), (all, isEnded, firstLine) => {
        // An unended last line without a byte is none.
        const texts = isEnded ? all : [...all.slice(0, -1), "x"];
        const bytes = new Uint8Array(Buffer.from(`${texts.join("\n")}${isEnded ? "\n" : ""}`));
        const halves = halvesOf({ kind: "batch", bytes, firstLine, lines: texts.length });
        expect(Buffer.concat(halves.map((half) => half.bytes)).equals(bytes)).toBe(true);
        expect(halves[0].firstLine).toBe(firstLine);
        expect(halves[1].firstLine).toBe(firstLine + halves[0].lines);
        expect(halves[0].lines + halves[1].lines).toBe(texts.length);
        for (const half of halves) expect(half.lines).toBeGreaterThan(0);
        expect(Buffer.from(halves[0].bytes).toString().split("\n").length - 1).toBe(halves[0].lines);
      }),
      { seed: 24, numRuns: 500 },
    );
  });

  it("are none of nothing", async () => {
    expect(await gather([], 10)).toEqual([]);
  });
});
