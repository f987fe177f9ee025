import { expect, it } from "vitest";
import { sameWish } from "../../src/changes/same-wish.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";

const standing: IndexSettings = {
  fields: { title: { type: "text", boost: 2 }, body: { type: "text" } },
  shards: 4,
  replicas: 2,
  language: "en",
  bm25: { k1: 1.2, b: 0.75 },
  placementSalt: 7,
};

it.each([
  ["elsewhere placed", { placementSalt: 9 }, true],
  [
    "with a boost spelled out",
    { fields: { title: { type: "text", boost: 2 }, body: { type: "text", boost: 1 } } },
    true,
  ],
  ["with no synonyms spelled out", { synonyms: [] }, true],
  ["with synonyms", { synonyms: [["car", "automobile"]] }, false],
  ["without stop words instead of its language's", { stopWords: [] }, false],
  ["with another boost", { fields: { title: { type: "text" }, body: { type: "text" } } }, false],
  ["with more fields", { fields: { ...standing.fields, year: { type: "number" } } }, false],
] as [string, Partial<IndexSettings>, boolean][])("an index %s is the same wish: %#", (_what, other, isSame) => {
  const asked = { ...standing, ...other };
  expect(sameWish(standing, asked)).toBe(isSame);
  expect(sameWish(asked, standing)).toBe(isSame);
});
