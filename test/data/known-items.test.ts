import { expect, it } from "vitest";
import { type KnownItemSource, knownItems } from "../../data/known-items.ts";
import { seededRandom } from "../../src/time.ts";

const sources: KnownItemSource[] = Array.from({ length: 200 }, (_, i) => ({
  id: `d${i}`,
  title: `title${i}`,
  synonyms: [`synonym${i}`],
  body: `body${i}`,
  examples: i % 2 === 0 ? ["too short", `sentence${i} of more than\tfour words`] : ["too short"],
}));
const draw = (seed: number, documentCount = 100, queryCount = 20) =>
  knownItems(sources, { documentCount, queryCount, random: seededRandom(seed) });

it("asks by sentences that no document holds, for documents that are there, each once", () => {
  const { documents, items } = draw(1);
  expect(documents).toHaveLength(100);
  expect(items).toHaveLength(20);
  expect(new Set(items.map(({ document }) => document)).size).toBe(20);
  const indexed = JSON.stringify(documents);
  for (const { query, document } of items) {
    const number = document.slice(1);
    expect(query).toBe(`sentence${number} of more than four words`);
    expect(indexed).not.toContain(query);
    expect(documents).toContainEqual({
      ...{ id: document, title: `title${number}, synonym${number}`, body: `body${number}` },
    });
  }
});

it("depends on the seed and on nothing else, and gives what there is", () => {
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const all = draw(1, 1000, 1000);
  expect([all.documents.length, all.items.length]).toEqual([200, 100]);
});
