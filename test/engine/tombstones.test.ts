import fc from "fast-check";
import { expect, test } from "vitest";
import { Tombstones } from "../../src/engine/tombstones.ts";

const documentsMax = 200;
const death = fc.record({ doc: fc.nat(documentsMax - 1), version: fc.integer({ min: 1, max: 20 }) });

test("the dead below a document are counted as they are at a version", () => {
  fc.assert(
    fc.property(fc.array(death), fc.nat(documentsMax), fc.nat(22), (deaths, to, version) => {
      const tombstones = new Tombstones();
      const diedAt = new Map<number, number>();
      for (const { doc, version: since } of deaths) {
        tombstones.kill(doc, since);
        if (!diedAt.has(doc)) diedAt.set(doc, since);
      }
      const expected = [...diedAt].filter(([doc, since]) => doc < to && since <= version).length;
      expect(tombstones.countBelow(to, { documents: documentsMax, version })).toBe(expected);
    }),
    { seed: 5, numRuns: 500 },
  );
});
