import fc from "fast-check";
import { expect, it } from "vitest";
import { openDatabase } from "../../src/changes/database.ts";
import { ReceiptTable } from "../../src/changes/receipt-table.ts";
import { newEmbeddedHome } from "./embedded-home.ts";

const fingerprint = Buffer.from("same");

it("remembers the latest receipts that fit its limits, and no others", async () => {
  const home = await newEmbeddedHome();
  const database = openDatabase(home.directory, undefined);
  const limits = { receipts: 8, sizeBytes: 1_500 };
  const receipt = (sequence: number, conflicts: number) => ({
    runs: Array.from({ length: conflicts }, () => ({ kind: "conflict" as const, currentVersion: sequence })),
    sequence,
  });
  const histories = fc.array(fc.nat(30), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(histories, fc.nat(40), (conflicts, recountAt) => {
      database.exec("delete from receipts");
      const table = new ReceiptTable(database, limits);
      conflicts.forEach((count, i) => {
        if (i === recountAt) table.recount();
        table.add({ incarnation: 1, key: `${i}`, fingerprint }, receipt(i, count));
      });
      let sizeBytes = 0;
      let fits = true;
      for (let i = conflicts.length - 1; i >= 0; i--) {
        const expected = receipt(i, conflicts[i] ?? 0);
        sizeBytes += JSON.stringify(expected).length;
        fits &&= sizeBytes <= limits.sizeBytes && conflicts.length - i <= limits.receipts;
        const found = table.find({ incarnation: 1, key: `${i}`, fingerprint });
        expect(found).toEqual(fits ? expected : undefined);
        expect(table.find({ incarnation: 2, key: `${i}`, fingerprint })).toBeUndefined();
      }
    }),
    { seed: 77, numRuns: 60 },
  );
  database.close();
  await home.remove();
});
