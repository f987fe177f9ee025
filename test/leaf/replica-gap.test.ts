import fc from "fast-check";
import { expect, it } from "vitest";
import { createIndexing } from "../../src/leaf/indexing.ts";
import { createReplica } from "../../src/leaf/replica.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import type { Change } from "../../src/protocol/change.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { settingsOf } from "../changes/model.ts";

const definition: IndexDefinition = { index: "books", incarnation: 1, settings: settingsOf(1) };
const last = 24;

function change(sequence: number): Change {
  const id = `${sequence}`;
  return { kind: "put", id, sequence, source: Buffer.from(JSON.stringify({ id, title: `tale${sequence}` })) };
}

it("ends with every change, once, however two feeders' pages fall together, and refuses a page that leaves a gap", async () => {
  const indexing = createIndexing({ threads: 1 });
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: last - 1 }), { maxLength: 6 });
  const turns = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
  const run = fc.asyncProperty(cuts, cuts, turns, async (first, second, order) => {
    const replica = createReplica({ definition, shard: 0, indexing });
    const feeders = [pagesOf(first), pagesOf(second)];
    await expect(replica.apply(encodeChanges([change(9)]), 9, 8)).rejects.toMatchObject({ code: "not_ready" });
    let before = 0;
    for (const isFirst of order) {
      const pages = feeders[isFirst ? 0 : 1] ?? [];
      const page = pages.shift();
      if (page === undefined) continue;
      const changes = Array.from({ length: page.upTo - page.after }, (_, i) => change(page.after + 1 + i));
      const sequence = await replica.apply(encodeChanges(changes), page.upTo, page.after);
      expect(sequence).toBe(Math.max(before, page.upTo));
      expect(replica.status().documents).toBe(sequence);
      before = sequence;
    }
    await replica.close();
  });
  try {
    await fc.assert(run, { seed: 77, numRuns: 25 });
  } finally {
    await indexing.close();
  }
});

/** The changes 1 to `last` in pages that end at the cuts. */
function pagesOf(cuts: readonly number[]): { after: number; upTo: number }[] {
  const ends = [...cuts, last].sort((a, b) => a - b);
  return ends.map((upTo, i) => ({ after: ends[i - 1] ?? 0, upTo }));
}
