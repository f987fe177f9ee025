import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  averagePrecision,
  type Judgments,
  measure,
  ndcg,
  recall,
  relevantCount,
} from "../../../load/relevance/measures.ts";

const seed = 20_260_401;

const judgmentsOf = (grades: Record<string, number>): Judgments => new Map(Object.entries(grades));

const documentId = fc.constantFrom(..."abcdefghij");
const arbitraryRanking = fc.uniqueArray(documentId, { maxLength: 10 });
const arbitraryJudgments = fc
  .uniqueArray(fc.tuple(documentId, fc.integer({ min: -1, max: 3 })), { selector: ([id]) => id, maxLength: 8 })
  .map((pairs): Judgments => new Map(pairs));
const arbitraryCase = fc.record({ ranking: arbitraryRanking, judgments: arbitraryJudgments });

/** Every order of some items: feasible for five. */
function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

/** The discounted gain rank by rank, written out as the definition has it. */
function plainGain(ranking: readonly string[], judgments: Judgments, depth: number): number {
  let sum = 0;
  for (let rank = 1; rank <= Math.min(depth, ranking.length); rank++) {
    const grade = judgments.get(ranking[rank - 1] ?? "") ?? 0;
    if (grade > 0) sum += grade / (Math.log(rank + 1) / Math.log(2));
  }
  return sum;
}

describe("ndcg", () => {
  it("takes the grade for the gain, as in a case computed by hand", () => {
    // Gains 3, 0, 2 give 3 + 2 / log2(4) = 4; the ideal 3, 2, 1 gives 3 + 2 / log2(3) + 1 / 2 = 4.7618595.
    const judgments = judgmentsOf({ a: 3, b: 2, c: 1 });
    expect(ndcg(["a", "x", "b"], judgments, 10)).toBeCloseTo(0.840008, 6);
  });

  it("is what a ranking gains, as a share of the best that any order gains", () => {
    const few = fc.dictionary(fc.constantFrom(..."abcde"), fc.integer({ min: 0, max: 3 }), { maxKeys: 5 });
    fc.assert(
      fc.property(arbitraryRanking, few, fc.integer({ min: 1, max: 5 }), (ranking, grades, depth) => {
        const judgments = judgmentsOf(grades);
        const best = Math.max(...permutations(Object.keys(grades)).map((order) => plainGain(order, judgments, depth)));
        const expected = best === 0 ? 0 : plainGain(ranking, judgments, depth) / best;
        expect(ndcg(ranking, judgments, depth)).toBeCloseTo(expected, 9);
      }),
      { seed, numRuns: 200 },
    );
  });

  it("does not see what stands below its depth", () => {
    fc.assert(
      fc.property(arbitraryCase, fc.integer({ min: 1, max: 9 }), ({ ranking, judgments }, depth) => {
        expect(ndcg(ranking, judgments, depth)).toBe(ndcg(ranking.slice(0, depth), judgments, depth));
      }),
      { seed },
    );
  });

  it("never loses by a better document moving up", () => {
    fc.assert(
      fc.property(arbitraryCase, fc.nat({ max: 9 }), ({ ranking, judgments }, position) => {
        const [upper, lower] = [ranking[position], ranking[position + 1]];
        fc.pre(upper !== undefined && lower !== undefined);
        fc.pre((judgments.get(lower) ?? 0) >= (judgments.get(upper) ?? 0));
        const swapped = ranking.toSpliced(position, 2, lower, upper);
        expect(ndcg(swapped, judgments, 10)).toBeGreaterThanOrEqual(ndcg(ranking, judgments, 10) - 1e-12);
      }),
      { seed },
    );
  });
});

describe("averagePrecision", () => {
  it("counts what was never found, as in a case computed by hand", () => {
    // Relevant at ranks 1 and 3 of three relevant: (1/1 + 2/3) / 3.
    const judgments = judgmentsOf({ a: 1, b: 2, missed: 1, judged: 0 });
    expect(averagePrecision(["a", "judged", "b", "x"], judgments)).toBeCloseTo(5 / 9, 12);
  });

  it("is the mean over the relevant documents of the precision at each one's rank", () => {
    fc.assert(
      fc.property(arbitraryCase, ({ ranking, judgments }) => {
        const relevant = [...judgments].filter(([, grade]) => grade > 0).map(([id]) => id);
        const precisions = relevant.map((id) => {
          const rank = ranking.indexOf(id) + 1;
          return rank === 0 ? 0 : ranking.slice(0, rank).filter((other) => relevant.includes(other)).length / rank;
        });
        const expected = relevant.length === 0 ? 0 : precisions.reduce((a, b) => a + b, 0) / relevant.length;
        expect(averagePrecision(ranking, judgments)).toBeCloseTo(expected, 12);
      }),
      { seed },
    );
  });
});

describe("recall", () => {
  it("is the share of the relevant that is within the depth", () => {
    fc.assert(
      fc.property(arbitraryCase, fc.integer({ min: 1, max: 10 }), ({ ranking, judgments }, depth) => {
        const relevant = new Set([...judgments].filter(([, grade]) => grade > 0).map(([id]) => id));
        const found = relevant.intersection(new Set(ranking.slice(0, depth)));
        expect(recall(ranking, judgments, depth)).toBe(relevant.size === 0 ? 0 : found.size / relevant.size);
      }),
      { seed },
    );
  });
});

describe("measure", () => {
  const unanswered = { ranking: [], judgments: judgmentsOf({ a: 1 }) };
  const perfect = { ranking: ["a", "b"], judgments: judgmentsOf({ a: 2, b: 1 }) };

  it("counts a query without an answer as nothing, and one without a relevant document not at all", () => {
    const unjudged = { ranking: ["a"], judgments: judgmentsOf({ a: 0 }) };
    expect(measure([unanswered, perfect, unjudged])).toEqual({ queries: 2, ndcg10: 0.5, map: 0.5, recall100: 0.5 });
    expect(measure([])).toEqual({ queries: 0, ndcg10: 0, map: 0, recall100: 0 });
  });

  it("cuts nDCG at 10 and recall at 100", () => {
    const fillers = (count: number): string[] => Array.from({ length: count }, (_, i) => `x${i}`);
    const judgments = judgmentsOf({ a: 1 });
    expect(measure([{ ranking: [...fillers(9), "a"], judgments }]).ndcg10).toBeCloseTo(1 / Math.log2(11), 12);
    expect(measure([{ ranking: [...fillers(10), "a"], judgments }]).ndcg10).toBe(0);
    expect(measure([{ ranking: [...fillers(99), "a"], judgments }]).recall100).toBe(1);
    expect(measure([{ ranking: [...fillers(100), "a"], judgments }]).recall100).toBe(0);
  });

  it("keeps every figure within 0 and 1, a document named twice included", () => {
    const repeated = fc.record({ ranking: fc.array(documentId), judgments: arbitraryJudgments });
    fc.assert(
      fc.property(fc.array(repeated), (rankings) => {
        const { queries, ...figures } = measure(rankings);
        expect(queries).toBe(rankings.filter(({ judgments }) => relevantCount(judgments) > 0).length);
        for (const figure of Object.values(figures)) {
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
      { seed },
    );
  });
});
