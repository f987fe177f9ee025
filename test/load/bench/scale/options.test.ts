import fc from "fast-check";
import { expect, test } from "vitest";
import { demoDocumentCount } from "../../../../data/corpus.ts";
import { FlagError } from "../../../../load/bench/flags.ts";
import { readScaleOptions } from "../../../../load/bench/scale/options.ts";
import { parts } from "../../../../load/bench/scale/sizes.ts";

test("without flags all parts run, up to a million documents", () => {
  const { parts: asked, sizes, isQuick } = readScaleOptions({ json: false });
  expect(asked).toEqual(parts);
  expect(isQuick).toBe(false);
  expect(sizes.documents.counts).toEqual([10_000, 30_000, 100_000, 300_000, 1_000_000]);
  expect(sizes.shards).toEqual({ counts: [1, 2, 4, 8, 16], documents: demoDocumentCount });
});

test("whatever the most documents are, the sizes rise to just that", () => {
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 10_000_000 }), (most) => {
      const { counts } = readScaleOptions({ json: false, "documents-max": String(most) }).sizes.documents;
      expect(counts.at(-1)).toBe(most);
      expect(counts.every((count, i) => count > (counts[i - 1] ?? 0))).toBe(true);
    }),
    { seed: 99 },
  );
});

test.each([
  [{ part: "leaves" }, "--part must be one of shards"],
  [{ part: "" }, "--part"],
  [{ "documents-max": "many" }, "--documents-max must be a whole number"],
  [{ "documents-max": "" }, "--documents-max"],
  [{ "documents-max": "9999" }, "from 10000"],
  [{ "documents-max": "20000.5" }, "whole"],
])("a flag that does not fit is named: %j", (flags, message) => {
  const read = () => readScaleOptions({ json: false, ...flags });
  expect(read).toThrow(FlagError);
  expect(read).toThrow(message);
});
