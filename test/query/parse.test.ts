import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FieldLookup, parseQuery, type QueryPart } from "../../src/query/parse.ts";

const lookup: FieldLookup = (name) =>
  name === "title" || name === "body" ? "text" : name === "year" ? "other" : "unknown";

function parts(query: string): QueryPart[] {
  const parsed = parseQuery(query, lookup);
  if (parsed.kind === "invalid") throw new Error(parsed.detail);
  return parsed.parts;
}

describe("parseQuery", () => {
  it.each<[string, QueryPart[]]>([
    ["", []],
    ["  \t ", []],
    ["wind", [{ occur: "optional", kind: "words", text: "wind" }]],
    [
      "+wind -sea",
      [
        { occur: "required", kind: "words", text: "wind" },
        { occur: "excluded", kind: "words", text: "sea" },
      ],
    ],
    ['"fear of heights"', [{ occur: "optional", kind: "phrase", text: "fear of heights" }]],
    [
      '-"dead sea" title:wind',
      [
        { occur: "excluded", kind: "phrase", text: "dead sea" },
        { occur: "optional", kind: "words", text: "wind", field: "title" },
      ],
    ],
    ['+title:"open sea"', [{ occur: "required", kind: "phrase", text: "open sea", field: "title" }]],
    ["anem*", [{ occur: "optional", kind: "prefix", text: "anem" }]],
    [
      "anem* wind",
      [
        { occur: "optional", kind: "words", text: "anem*" },
        { occur: "optional", kind: "words", text: "wind" },
      ],
    ],
    [
      "a - b",
      [
        { occur: "optional", kind: "words", text: "a" },
        { occur: "optional", kind: "words", text: "-" },
        { occur: "optional", kind: "words", text: "b" },
      ],
    ],
    [
      "at 10:30",
      [
        { occur: "optional", kind: "words", text: "at" },
        { occur: "optional", kind: "words", text: "10:30" },
      ],
    ],
    ['"never closed', [{ occur: "optional", kind: "phrase", text: "never closed", isOpen: true }]],
    [
      "title: wind",
      [
        { occur: "optional", kind: "words", text: "title:" },
        { occur: "optional", kind: "words", text: "wind" },
      ],
    ],
    ["*", [{ occur: "optional", kind: "words", text: "*" }]],
  ])("reads %j", (query, expected) => {
    expect(parts(query)).toEqual(expected);
  });

  it("refuses a field that holds no text, and says what to use", () => {
    expect(parseQuery("year:1900", lookup)).toMatchObject({
      kind: "invalid",
      detail: expect.stringContaining("filter"),
    });
  });

  it("takes any text whatever without failing, and never invents text", () => {
    const alphabet = fc.constantFrom(..."ab \t\"+-:*^(){}[]\\/'~!?é漢👍", "title:", "year", "\u0000", "\ud800");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(alphabet).map((all) => all.join("")),
        ),
        (query) => {
          const parsed = parseQuery(query, lookup);
          if (parsed.kind === "invalid") return;
          for (const part of parsed.parts) {
            expect(part.text).not.toBe("");
            expect(query).toContain(part.text);
          }
          const kept = parsed.parts.reduce((sum, { text }) => sum + text.length, 0);
          expect(kept).toBeLessThanOrEqual(query.length);
        },
      ),
      { seed: 11, numRuns: 3000 },
    );
  });

  it("gives back the parts that it was built from", () => {
    const word = fc.string({ unit: fc.constantFrom(..."abcdé漢1"), minLength: 1, maxLength: 6 });
    const part = fc.record({
      sign: fc.constantFrom("", "+", "-"),
      field: fc.constantFrom("", "title:", "body:"),
      words: fc.array(word, { minLength: 1, maxLength: 3 }),
      quoted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (wanted) => {
        const texts = wanted.map(({ sign, field, words, quoted }) => {
          const text = quoted ? `"${words.join(" ")}"` : (words[0] ?? "");
          return `${sign}${field}${text}`;
        });
        const expected = wanted.map(({ sign, field, words, quoted }) => ({
          occur: sign === "+" ? "required" : sign === "-" ? "excluded" : "optional",
          kind: quoted ? "phrase" : "words",
          text: quoted ? words.join(" ") : words[0],
          ...(field === "" ? {} : { field: field.slice(0, -1) }),
        }));
        expect(parts(texts.join("  "))).toEqual(expected);
      }),
      { seed: 12 },
    );
  });
});
