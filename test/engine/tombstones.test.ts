import fc from "fast-check";
import { expect, test } from "vitest";
import { holds } from "../../src/engine/holders.ts";
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

test("each document is dead from the version of its first death on, wherever in the piece it stands", () => {
  const anywhere = fc.record({
    doc: fc.oneof(fc.nat(70), fc.nat(5000)),
    version: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  });
  fc.assert(
    fc.property(fc.array(anywhere, { maxLength: 200 }), fc.nat(2 ** 32 - 1), (deaths, version) => {
      const tombstones = new Tombstones();
      const diedAt = new Map<number, number>();
      for (const { doc, version: since } of deaths) {
        tombstones.kill(doc, since);
        if (!diedAt.has(doc)) diedAt.set(doc, since);
      }
      const inOrder = [...diedAt].sort(([a], [b]) => a - b);
      const walked: [doc: number, since: number][] = [];
      for (let doc = tombstones.next(0); doc >= 0; doc = tombstones.next(doc + 1)) {
        walked.push([doc, tombstones.since(doc)]);
      }
      expect(walked).toEqual(inOrder);
      expect(tombstones.count).toBe(diedAt.size);
      const bits = tombstones.bitsAt(version, 6000);
      expect(bits === undefined).toBe(inOrder.some(([, since]) => since > version));
      if (bits !== undefined) {
        expect(bits.length).toBeGreaterThanOrEqual(6000 / 32);
        const set = Array.from({ length: 6000 }, (_, doc) => doc).filter((doc) => holds(bits, doc) === 1);
        expect(set).toEqual(inOrder.map(([doc]) => doc));
      }
      for (const doc of [0, 31, 32, 1023, 1024, 5000]) {
        expect(tombstones.isDead(doc, version)).toBe((diedAt.get(doc) ?? Number.POSITIVE_INFINITY) <= version);
      }
    }),
    { seed: 6, numRuns: 300 },
  );
});
