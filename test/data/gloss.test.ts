import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGloss } from "../../data/gloss.ts";

const clause = fc
  .array(fc.constantFrom("a", "morbid", "fear", "(of", "heights)", "`x'", "well,"), { minLength: 1, maxLength: 6 })
  .map((words) => words.join(" "));
const sentence = fc
  .tuple(clause, fc.constantFrom("", "; ", ": ", ", "))
  .map(([words, mark]) => `${words}${mark}${words}`);

describe("a gloss", () => {
  it("gives back the clauses and examples it was made of, in their order", () => {
    fc.assert(
      fc.property(
        fc.array(clause, { minLength: 1, maxLength: 4 }),
        fc.array(sentence, { maxLength: 4 }),
        (clauses, examples) => {
          const gloss = [...clauses, ...examples.map((example) => `"${example}"`)].join("; ");
          expect(readGloss(`${gloss}  `)).toEqual({ body: clauses.join("; "), examples });
        },
      ),
      { seed: 11 },
    );
  });

  it.each([
    ['substitution: "he sent Smith in"', { body: "substitution", examples: ["he sent Smith in"] }],
    ['a list; as in "a roundup"; "another"', { body: 'a list; as in "a roundup"', examples: ["another"] }],
    ['duty; "do it"- J. D. Rockefeller', { body: "duty", examples: ['"do it"- J. D. Rockefeller'] }],
    ['open; "never closed', { body: "open", examples: ["never closed"] }],
    ['killed; ""; dead', { body: "killed; dead", examples: [] }],
    ["", { body: "", examples: [] }],
  ])("%s", (gloss, expected) => {
    expect(readGloss(gloss)).toEqual(expected);
  });
});
