import fc from "fast-check";
import { expect, it } from "vitest";
import { batchParts } from "../../src/leaf/batch-parts.ts";
import { decodeChanges, encodeChanges } from "../../src/protocol/batch.ts";
import type { Change } from "../../src/protocol/change.ts";

const sizes = fc.array(fc.nat(300), { maxLength: 60 });
const limits = fc.record({
  partChangesMax: fc.integer({ min: 1, max: 20 }),
  partBytesMax: fc.nat(900),
  pieceChangesMax: fc.integer({ min: 1, max: 20 }),
  pieceBytesMax: fc.nat(500),
});

function changesOf(sourceSizes: readonly number[]): Change[] {
  return sourceSizes.map((size, i) => ({ kind: "put", id: `d${i}`, sequence: i + 1, source: new Uint8Array(size) }));
}

it("copies every later change of a batch, in order, in parts and pieces within their bounds that threads share", async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(70), limits, async (drawn, after, bounds) => {
      const { partChangesMax, partBytesMax, pieceChangesMax, pieceBytesMax } = bounds;
      const changes = changesOf(drawn);
      const parts = await batchParts(encodeChanges(changes), after, { limits: bounds, pause: () => undefined });
      const decoded = parts.map(({ pieces }) => pieces.map(decodeChanges));
      expect(decoded.flat(2)).toEqual(changes.slice(after));
      for (const [i, part] of parts.entries()) {
        const held = decoded[i] ?? [];
        expect(part.changes).toBe(held.flat().length);
        expect(part.sequence).toBe(held.flat().at(-1)?.sequence);
        expect(part.sizeBytes).toBe(part.pieces.reduce((sum, piece) => sum + piece.length, 0));
        expect(part.changes).toBeLessThanOrEqual(partChangesMax);
        if (part.changes > 1) expect(part.sizeBytes).toBeLessThanOrEqual(partBytesMax);
        for (const [place, piece] of part.pieces.entries()) {
          expect(piece.buffer).toBeInstanceOf(SharedArrayBuffer);
          const { length } = held[place] ?? [];
          expect(length).toBeLessThanOrEqual(pieceChangesMax);
          if (length !== 1) expect(piece.length).toBeLessThanOrEqual(pieceBytesMax);
        }
      }
      const halfEmpty = parts.slice(1).filter((part, i) => {
        const { changes: before, sizeBytes } = parts[i] ?? { changes: 0, sizeBytes: 0 };
        const [piece] = part.pieces;
        const grown = before + (piece === undefined ? 0 : decodeChanges(piece).length);
        return grown <= partChangesMax && sizeBytes + (piece?.length ?? 0) <= partBytesMax;
      });
      expect(halfEmpty).toEqual([]);
    }),
    { seed: 12, numRuns: 300 },
  );
});

it("pauses between pieces, and ends at bytes that are cut short", async () => {
  let pauses = 0;
  const pause = async (): Promise<void> => void pauses++;
  const bounds = { partChangesMax: 100, partBytesMax: 1e6, pieceChangesMax: 2, pieceBytesMax: 1e6 };
  const batch = encodeChanges(changesOf([10, 10, 10, 10, 10]));
  expect(await batchParts(batch, 0, { limits: bounds, pause })).toHaveLength(1);
  expect(pauses).toBe(3);
  const cut = batchParts(batch.subarray(0, batch.length - 1), 0, { limits: bounds, pause });
  await expect(cut).rejects.toThrow(RangeError);
});
