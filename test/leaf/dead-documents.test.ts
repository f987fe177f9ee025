import fc from "fast-check";
import { expect, it } from "vitest";
import { Tombstones } from "../../src/engine/tombstones.ts";
import { deadDocuments } from "../../src/leaf/dead-documents.ts";

const documents = 1000;

it("tells who was dead at a version, whoever dies while it is being found out", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(documents - 1), { minLength: 150 }), fc.nat(99), async (drawn, early) => {
      const tombstones = new Tombstones();
      const dying = [...drawn];
      const before = dying.splice(0, dying.length - early);
      for (const doc of before) tombstones.kill(doc, 1);
      const pause = async (): Promise<void> => {
        for (const doc of dying.splice(0, 20)) tombstones.kill(doc, 2);
      };
      const dead = await deadDocuments(tombstones, 1, pause);
      expect([...dead]).toEqual(before.sort((a, b) => a - b));
    }),
    { seed: 41, numRuns: 100 },
  );
});
