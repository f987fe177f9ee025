import fc from "fast-check";
import { expect, test } from "vitest";
import { TermTally } from "../../src/engine/term-tally.ts";

const terms = { text: (number: number) => `t${number}` };

function read(tally: TermTally): Map<string, number> {
  const { size, termAt, countAt } = tally.counts(terms, -1);
  const counts = Array.from({ length: size }, (_, i): [string, number] => [termAt(i), countAt(i)]);
  const sums = new Map(counts);
  expect(sums.size).toBe(size);
  return sums;
}

test("counts in how many documents each term stands, as a Map of Sets does", () => {
  const near = fc.nat(300);
  // Numbers that share their low or their high bits, so that many want the same place of the table.
  const far = fc.tuple(fc.nat(40), fc.constantFrom(1, 1 << 12, 1 << 19)).map(([factor, step]) => factor * step);
  const document = fc.array(fc.oneof(near, far), { maxLength: 60 });
  fc.assert(
    fc.property(fc.array(document, { maxLength: 120 }), (documents) => {
      const tally = new TermTally();
      const expected = new Map<string, number>();
      documents.forEach((tokens, doc) => {
        for (const term of tokens) tally.count(term, doc);
        for (const term of new Set(tokens)) expected.set(`t${term}`, (expected.get(`t${term}`) ?? 0) - 1);
      });
      expect(read(tally)).toEqual(expected);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("grows as the terms do, and forgets none of them", () => {
  const tally = new TermTally();
  const distinct = 50_000;
  for (const doc of [3, 4, 9]) for (let term = 0; term < distinct; term++) if (term % doc < 2) tally.count(term, doc);
  const counts = read(tally);
  for (let term = 0; term < distinct; term++) {
    const times = [3, 4, 9].filter((doc) => term % doc < 2).length;
    expect(counts.get(`t${term}`) ?? 0).toBe(0 - times);
  }
});
