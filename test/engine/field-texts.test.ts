import fc from "fast-check";
import { expect, test } from "vitest";
import { eachText } from "../../src/engine/document.ts";
import { readFieldTexts } from "../../src/engine/field-texts.ts";

const encoder = new TextEncoder();
const names = ["title", "body", "tags", "other", 'q"uote', "ключ"];
const strings = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom('\\"', "\\\\", "a\\", "\u0001\n", "}", "],[", '{"body":"no"}', "😀😀😀", "漢字"),
);
const texts = fc.oneof(strings, fc.array(fc.oneof(strings, fc.integer(), fc.array(strings, { maxLength: 3 }))));
const values = fc.oneof({ weight: 3, arbitrary: texts }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) });
const documents = fc.dictionary(fc.constantFrom(...names), values);

/** The source as a parser writes it, or spread over lines. */
function sourceOf(document: unknown, indent: number): Uint8Array {
  return encoder.encode(JSON.stringify(document, null, indent));
}

function read(source: Uint8Array, fields: readonly string[], textBytesMax: number) {
  const reading = readFieldTexts(source, new Set(fields), textBytesMax);
  for (let pauses = 0; ; pauses++) {
    const step = reading.next();
    if (step.done === true) return { found: step.value, pauses };
  }
}

function textsIn(value: unknown): string[] {
  const found: string[] = [];
  eachText(value, (text) => found.push(text));
  return found;
}

test("the texts of fields are those that parsing the whole document finds", () => {
  fc.assert(
    fc.property(documents, fc.subarray(names), fc.constantFrom(0, 2), (document, fields, indent) => {
      const { found } = read(sourceOf(document, indent), fields, 1e6);
      const expected = fields.filter((name) => Object.hasOwn(document, name)).map((name) => textsIn(document[name]));
      expect(fields.flatMap((name) => (found.has(name) ? [found.get(name)] : []))).toEqual(expected);
    }),
    { seed: 301, numRuns: 1500 },
  );
});

test("a long field is cut where nothing is cut in two, and never beyond what is allowed", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 60 }), (body, bytesMax) => {
      const { found } = read(sourceOf({ before: [1], body, after: 2 }, 0), ["body"], bytesMax);
      const whole = textsIn(body);
      const cut = found.get("body") ?? [];
      expect(encoder.encode(cut.join("")).length).toBeLessThanOrEqual(bytesMax);
      expect(cut.length).toBeLessThanOrEqual(whole.length);
      cut.forEach((text, i) => {
        if (i < cut.length - 1) expect(text).toBe(whole[i]);
        else expect(whole[i]?.startsWith(text)).toBe(true);
        expect(text.isWellFormed() || !whole[i]?.isWellFormed()).toBe(true);
      });
    }),
    { seed: 302, numRuns: 1500 },
  );
});

test("a long field is cut between words, where it has spaces", () => {
  const words = fc.array(fc.constantFrom("fox", "foxtrot", "wind", "winds", "été", "\\", '"'), { minLength: 1 });
  fc.assert(
    fc.property(words, fc.integer({ min: 2, max: 60 }), fc.boolean(), (list, bytesMax, inList) => {
      const body = `a ${list.join(" ")}`;
      const { found } = read(sourceOf({ body: inList ? [body] : body }, 0), ["body"], bytesMax);
      const [cut = "a"] = found.get("body") ?? [];
      const whole = ["a", ...list];
      // The first word has nothing to be cut behind.
      const held = cut.trimEnd().split(" ");
      if (held.length > 1) expect(held).toEqual(whole.slice(0, held.length));
    }),
    { seed: 303, numRuns: 1000 },
  );
});

test("a long document is passed over in steps", () => {
  const rows = Array.from({ length: 100_000 }, (_row, i) => [i, { key: `value "${i}"` }]);
  const source = sourceOf({ rows, body: "here" }, 0);
  const { found, pauses } = read(source, ["body"], 1000);
  expect(found.get("body")).toEqual(["here"]);
  expect(pauses).toBeGreaterThan(source.length / 70_000);
});
