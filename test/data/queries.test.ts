import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type QuerySource, queryStream, webQueries } from "../../data/queries.ts";
import { misspell } from "../../data/typo.ts";
import { zipfRanks } from "../../data/zipf.ts";
import { seededRandom } from "../../src/time.ts";

const word = fc.stringMatching(/^[a-z]{4,9}$/);
const sources: QuerySource[] = fc
  .sample(fc.uniqueArray(word, { minLength: 12, maxLength: 12 }), { seed: 5, numRuns: 300 })
  .map((words, i) => ({
    title: words.slice(0, 2).join(" "),
    body: `${words.slice(2).join(", the ")} of it`,
    pos: i % 2 === 0 ? "noun" : "verb",
    category: `category ${i % 5}`,
  }));

function take<T>(stream: Iterator<T>, count: number): T[] {
  return Array.from({ length: count }, () => stream.next().value);
}

/** Whether the words stand in the source in this order. */
function isDrawnFrom(query: string, { title, body }: QuerySource): boolean {
  let rest = `${title} ${body}`.split(/[ ,]+/);
  return query.split(" ").every((one) => {
    const at = rest.indexOf(one);
    rest = rest.slice(at + 1);
    return at !== -1;
  });
}

describe("web queries", () => {
  it("are as many as asked for, all different, of 1 to 6 words of one document in its order", () => {
    const queries = webQueries(sources, { count: 1000, random: seededRandom(1) });
    expect(queries.length).toBe(1000);
    expect(new Set(queries).size).toBe(1000);
    for (const query of queries) {
      expect(query.split(" ").length).toBeLessThanOrEqual(6);
      expect(query).not.toMatch(/\b(the|of|it)\b/);
      if (!sources.some((source) => isDrawnFrom(query, source))) expect.fail(`${query} is of no document`);
    }
    const lengths = new Set(queries.map((query) => query.split(" ").length));
    expect(lengths).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  });

  it("depend on the seed and on nothing else", () => {
    const draw = (seed: number) => webQueries(sources, { count: 50, random: seededRandom(seed) });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("are fewer when the documents do not have that many, and none without documents", () => {
    const [one] = webQueries([{ title: "bee", body: "", pos: "noun", category: "animal" }], {
      count: 9,
      random: seededRandom(1),
    });
    expect(one).toBe("bee");
    expect(webQueries([], { count: 9, random: seededRandom(1) })).toEqual([]);
  });
});

describe("a query stream", () => {
  const rates = { typoRate: 0.3, prefixRate: 0.3, filterRate: 0.3 };

  it("is the same for the same seed", () => {
    const draw = (seed: number) =>
      take(queryStream(sources, { random: seededRandom(seed), distinct: 100, ...rates }), 500);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  it("holds no more distinct searches than asked for, the popular ones far more often", () => {
    const stream = queryStream(sources, { random: seededRandom(3), distinct: 100 });
    const counts = new Map<string, number>();
    for (const { query = "" } of take(stream, 20_000)) counts.set(query, (counts.get(query) ?? 0) + 1);
    const descending = [...counts.values()].sort((a, b) => b - a);
    expect(counts.size).toBeLessThanOrEqual(100);
    expect((descending[0] ?? 0) / (descending[9] ?? 1)).toBeGreaterThan(7);
    expect((descending[0] ?? 0) / (descending[9] ?? 1)).toBeLessThan(13);
  });

  it("has typos, prefixes and filters at about the rates asked for, and none unasked", () => {
    const plain = take(queryStream(sources, { random: seededRandom(3), distinct: 2000, zipfExponent: 0 }), 4000);
    expect(plain.every((search) => Object.keys(search).join() === "query")).toBe(true);
    const options = { random: seededRandom(3), distinct: 2000, zipfExponent: 0, ...rates };
    const mixed = take(queryStream(sources, options), 4000);
    const share = (is: (search: (typeof mixed)[number]) => boolean) => mixed.filter(is).length / mixed.length;
    expect(share(({ prefix }) => prefix === true)).toBeCloseTo(0.3, 1);
    expect(share(({ filter }) => filter !== undefined)).toBeCloseTo(0.3, 1);
    const isMisspelt = ({ query = "", prefix }: (typeof mixed)[number]) =>
      prefix === undefined && !sources.some((source) => isDrawnFrom(query, source));
    expect(share(isMisspelt)).toBeCloseTo(0.3 * 0.7, 1);
  });

  it("repeats recent searches at the rate asked for", () => {
    const stream = queryStream(sources, { random: seededRandom(3), distinct: 3000, zipfExponent: 0, repeatRate: 0.5 });
    const searches = take(stream, 4000);
    const repeated = searches.filter((search, i) => searches.slice(Math.max(0, i - 200), i).includes(search));
    expect(repeated.length / searches.length).toBeCloseTo(0.5, 1);
  });

  it("says so when there is nothing to draw from", () => {
    expect(() => queryStream([], { random: seededRandom(1) }).next()).toThrow(RangeError);
  });
});

describe("zipf ranks", () => {
  it("come as often as their weights say", () => {
    const draws = 50_000;
    const next = zipfRanks({ ranks: 5, exponent: 1 }, seededRandom(9));
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < draws; i++) {
      const rank = next();
      counts[rank] = (counts[rank] ?? 0) + 1;
    }
    const harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5;
    counts.forEach((count, rank) => {
      expect(count / draws).toBeCloseTo(1 / (rank + 1) / harmonic, 2);
    });
  });

  it("stay in range for every random number", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (ranks, number) => {
          const rank = zipfRanks({ ranks, exponent: 1.1 }, { next: () => number })();
          expect(rank).toBeGreaterThanOrEqual(0);
          expect(rank).toBeLessThan(ranks);
        },
      ),
      { seed: 14 },
    );
  });
});

describe("a typo", () => {
  it("is one edit away, a swap of neighbours counting as one", () => {
    fc.assert(
      fc.property(word, fc.integer(), (right, seed) => {
        const wrong = misspell(right, seededRandom(seed));
        expect(wrong).not.toBe(right);
        expect(wrong[0]).toBe(right[0]);
        expect(neighbours(right).has(wrong)).toBe(true);
      }),
      { seed: 15, numRuns: 300 },
    );
  });
});

/** Everything one edit away, listed. */
function neighbours(right: string): Set<string> {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const all = new Set<string>();
  for (let i = 0; i <= right.length; i++) {
    const [head, tail] = [right.slice(0, i), right.slice(i)];
    all.add(head + tail.slice(1));
    if (tail.length > 1) all.add(`${head}${tail[1]}${tail[0]}${tail.slice(2)}`);
    for (const letter of letters) all.add(head + letter + tail).add(head + letter + tail.slice(1));
  }
  return all;
}
