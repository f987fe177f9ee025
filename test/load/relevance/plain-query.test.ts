import fc from "fast-check";
import { expect, it } from "vitest";
import { plainQuery } from "../../../load/relevance/plain-query.ts";
import { parseQuery } from "../../../src/query/parse.ts";

const seed = 20_260_402;

it.each([
  ['the "exact" words', "the exact words"],
  ["IL-10 and C++ stay", "IL-10 and C++ stay"],
  ["-minus +plus --both", "minus plus both"],
  ["text:word a:b:c", "text word a b c"],
  ["ends in star*", "ends in star"],
  ["lone - and + and *", "lone and and"],
  ["  tabs\tand\nlines ", "tabs and lines"],
  ['":*-+"', ""],
])("%j becomes %j", (text, plain) => {
  expect(plainQuery(text)).toBe(plain);
});

it("leaves the query parser nothing but optional words", () => {
  const pieces = fc.constantFrom('"', "+", "-", "*", ":", " ", "a", "text", "field", "é", "\u3000", "10");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const parsed = parseQuery(plainQuery(parts.join("")), (name) =>
        name === "text" ? "text" : name === "field" ? "other" : "unknown",
      );
      expect(parsed.kind).toBe("parsed");
      if (parsed.kind !== "parsed") return;
      for (const part of parsed.parts) expect(part).toEqual({ occur: "optional", kind: "words", text: part.text });
    }),
    { seed, numRuns: 1000 },
  );
});

it("keeps every other character of the text", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b-c", "1/2", "5%", "é", "(x)", " "), { maxLength: 20 }), (parts) => {
      const text = parts.map((part) => ` ${part}`).join("");
      expect(plainQuery(text).replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    }),
    { seed },
  );
});
