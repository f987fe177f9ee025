import { expect, it } from "vitest";
import { explainedWordsMax } from "../../src/protocol/plan.ts";
import { requireExplainable } from "../../src/query/details.ts";

it("explains the largest page of a query of a few words, and fewer hits of one of many", () => {
  expect(() => requireExplainable({ explain: true, size: 1000 }, 5)).not.toThrow();
  expect(() => requireExplainable({ explain: true, size: 1000 }, 6)).toThrow(
    "at most 833 hits, from + size, where the query has 6 words",
  );
  expect(() => requireExplainable({ explain: true, size: 1000, from: 9000 }, 0)).toThrow("at most 5000 hits");
  expect(() => requireExplainable({ explain: true }, explainedWordsMax / 10)).not.toThrow();
  expect(() => requireExplainable({ explain: true }, 1024)).toThrow("at most 4 hits");
  expect(() => requireExplainable({ explain: true, size: 1 }, 1024)).not.toThrow();
});

it("limits no search that asks for no explanation", () => {
  for (const explain of [undefined, false]) {
    expect(() =>
      requireExplainable({ size: 1000, from: 9000, ...(explain === undefined ? {} : { explain }) }, 1000),
    ).not.toThrow();
  }
});
