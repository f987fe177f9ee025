import fc from "fast-check";
import { expect, it } from "vitest";
import { batchParts } from "../../src/leaf/batch-parts.ts";
import { decodeChanges, encodeChanges } from "../../src/protocol/batch.ts";
import type { Change } from "../../src/protocol/change.ts";

const sizes = fc.array(fc.nat(300), { maxLength: 60 });

function changesOf(sourceSizes: readonly number[]): Change[] {
  return sourceSizes.map((size, i) => ({ kind: "put", id: `d${i}`, sequence: i + 1, source: new Uint8Array(size) }));
}

it("cuts every later change of a batch into parts within their bounds, in order, in memory that threads share", () => {
  fc.assert(
    fc.property(
      sizes,
      fc.nat(70),
      fc.integer({ min: 1, max: 20 }),
      fc.nat(900),
      (drawn, after, changesMax, bytesMax) => {
        const changes = changesOf(drawn);
        const parts = batchParts(encodeChanges(changes), after, { changesMax, bytesMax });
        const decoded = parts.map(({ bytes }) => decodeChanges(bytes));
        expect(decoded.flat()).toEqual(changes.slice(after));
        for (const [i, part] of parts.entries()) {
          expect(part.changes).toBe(decoded[i]?.length);
          expect(part.sequence).toBe(decoded[i]?.at(-1)?.sequence);
          expect(part.changes).toBeLessThanOrEqual(changesMax);
          if (part.changes > 1) expect(part.bytes.length).toBeLessThanOrEqual(bytesMax);
          expect(part.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
        }
        const tooMany = parts.slice(1).filter((part, i) => {
          const before = parts[i];
          const [first] = decodeChanges(part.bytes);
          const grown = (before?.bytes.length ?? 0) + encodeChanges(first === undefined ? [] : [first]).length;
          return (before?.changes ?? 0) < changesMax && grown <= bytesMax;
        });
        expect(tooMany).toEqual([]);
      },
    ),
    { seed: 12, numRuns: 300 },
  );
});
