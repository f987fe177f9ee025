import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ShardResult } from "../../src/engine/shard-search.ts";
import { sliceText } from "../../src/protocol/bytes.ts";
import { compareHits } from "../../src/protocol/hit.ts";
import { boostMin, type Plan, type PlanClause } from "../../src/protocol/plan.ts";
import { type StatisticsCursor, wordMark } from "../../src/protocol/statistics.ts";
import { seededRandom } from "../../src/time.ts";
import { ChanceShard, type TestChange, type TestDocument, testSettings } from "./layout.ts";
import { naiveSearch, naiveStatistics } from "./oracle.ts";

const vocabulary = ["ash", "bee", "cat", "dog", "elm", "fox", "été", "東", "constructor", "__proto__"];
const analyzedVocabulary = ["ash", "bee", "cat", "dog", "elm", "fox", "ete", "東", "constructor", "__proto__"];

const word = fc.nat(vocabulary.length - 1);
const text = (maxLength: number) =>
  fc.array(word, { maxLength }).map((list) => list.map((i) => analyzedVocabulary[i]).join(" "));
/** Once in a while a text in which a word stands more often than FlexSearch has slots. */
const body = fc.oneof({ weight: 40, arbitrary: text(9) }, { weight: 1, arbitrary: fc.constant("fox ".repeat(300)) });
const id = fc.oneof(
  fc.nat(40).map((n) => `d${n}`),
  fc.constantFrom("ä", "😀", "\uffee", "Z", "z", "a b"),
);
const change: fc.Arbitrary<TestChange> = fc
  .record({ id, title: text(3), body, deleted: fc.nat(5) })
  .map(({ deleted, ...document }) => ({ id: document.id, document: deleted === 0 ? undefined : document }));
const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 8 });

const crowdSize = 600;
/** So many documents of so few words that terms have champions and bits; then a few of them die. */
const crowdChange = fc
  .record({ id: fc.nat(crowdSize - 1), title: text(1), body: text(4), deleted: fc.nat(2) })
  .map(({ id, deleted, ...rest }): TestChange => {
    const document = { id: `d${id}`, ...rest };
    return { id: document.id, document: deleted === 0 ? undefined : document };
  });
const crowd = fc.tuple(fc.nat(), fc.array(fc.array(crowdChange, { minLength: 1, maxLength: 200 }), { maxLength: 3 }));

/** Drawn from a seed: a failure would be searched for a smaller one forever, document by document. */
function crowdOf(seed: number): TestChange[] {
  const random = seededRandom(seed);
  const words = (most: number): string => {
    const count = Math.floor(random.next() * (most + 1));
    return Array.from({ length: count }, () => analyzedVocabulary[Math.floor(random.next() * 10)]).join(" ");
  };
  return Array.from({ length: crowdSize }, (_, i) => {
    const id = `d${i}`;
    return { id, document: { id, title: words(1), body: words(4) } };
  });
}

const clause: fc.Arbitrary<PlanClause> = fc
  .record({
    occur: fc.constantFrom("optional", "optional", "optional", "required", "excluded"),
    terms: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
    fieldBoosts: fc.option(fc.constantFrom([0, 1], [3, 0], [0.5, 2]), { freq: 4 }),
  })
  .map(({ occur, terms, fieldBoosts }) => ({
    occur,
    terms: terms.map((i, place) => ({ term: analyzedVocabulary[i] ?? "", weight: place === 0 ? -1 : 0.3 })),
    ...(fieldBoosts === null ? {} : { fieldBoosts }),
  }));
/** Two to four words with a gap here and there. */
const phraseClause: fc.Arbitrary<PlanClause> = fc
  .record({
    occur: fc.constantFrom("optional", "optional", "required", "excluded"),
    words: fc.array(fc.tuple(fc.nat(3), fc.constantFrom(1, 1, 1, 2)), { minLength: 2, maxLength: 4 }),
    fieldBoosts: fc.option(fc.constantFrom([0, 1], [3, 0], [0.5, 2]), { freq: 4 }),
  })
  .map(({ occur, words, fieldBoosts }) => {
    let end = -1;
    const phrase = words.map(([i, distance], place) => {
      end += place === 0 ? 1 : distance;
      return { term: analyzedVocabulary[i] ?? "", offset: end };
    });
    const terms = [...new Set(phrase.map(({ term }) => term))].map((term) => ({ term, weight: -1 }));
    return { occur, terms, phrase, ...(fieldBoosts === null ? {} : { fieldBoosts }) };
  });
const simpleClause = word.map(
  (i): PlanClause => ({ occur: "optional", terms: [{ term: analyzedVocabulary[i] ?? "", weight: -1 }] }),
);
const query = fc.record({
  clauses: fc.oneof(
    fc.array(simpleClause, { maxLength: 4 }),
    fc.array(fc.oneof({ weight: 3, arbitrary: clause }, { weight: 2, arbitrary: phraseClause }), { maxLength: 4 }),
  ),
  fieldBoosts: fc.constantFrom([2, 1], [1, 1], [0, 1]),
  matchAtLeast: fc.nat(3),
  top: fc.nat(12),
});
type Query = typeof query extends fc.Arbitrary<infer T> ? T : never;

/** The plan that the root would make: weights (where a clause has -1) and averages from the global statistics. */
function planOf(
  { clauses, ...rest }: Query,
  {
    documents,
    lengths,
    frequencies,
  }: { documents: number; lengths: readonly number[]; frequencies: Map<string, number> },
): Plan {
  const idf = (term: string): number => {
    const frequency = frequencies.get(term) ?? 0;
    return Math.log(1 + (documents - frequency + 0.5) / (frequency + 0.5));
  };
  return {
    index: "test",
    incarnation: 1,
    epoch: "1",
    bm25: testSettings.bm25,
    ...rest,
    averageLengths: lengths.map((length) => length / documents),
    clauses: clauses.map((each) => ({
      ...each,
      terms: each.terms.map(({ term, weight }) => ({ term, weight: weight < 0 ? idf(term) : weight })),
    })),
  };
}

function search(shard: ChanceShard, plan: Plan, shouldPause = (): boolean => false): ShardResult {
  const running = shard.shard.prepare(plan);
  while (!running.step(shouldPause));
  return running.finish();
}

/** A slice is of all the memory that a piece's documents lie in, which takes seconds to be compared. */
function readable(result: ShardResult) {
  return { ...result, sources: result.sources.map(sliceText) };
}

/** Follows a shard's statistics page by page, as a root does. */
function follow(shards: readonly ChanceShard[]) {
  const frequencies = new Map<string, number>();
  const lengths = [0, 0];
  let documents = 0;
  for (const { shard } of shards) {
    let cursor: StatisticsCursor | undefined;
    for (let more = true; more; ) {
      const page = shard.statistics(cursor, 7);
      expect(page.reset).toBe(cursor === undefined);
      page.terms.forEach((term, i) => {
        if (term.startsWith(wordMark)) return;
        frequencies.set(term, (frequencies.get(term) ?? 0) + (page.counts[i] ?? 0));
      });
      ({ cursor, more } = page);
      if (more) continue;
      documents += page.documents;
      page.lengths.forEach((length, field) => {
        lengths[field] = (lengths[field] ?? 0) + length;
      });
    }
  }
  for (const [term, count] of frequencies) if (count === 0) frequencies.delete(term);
  return { documents, lengths, frequencies };
}

function living(history: readonly (readonly TestChange[])[]): TestDocument[] {
  const documents = new Map<string, TestDocument | undefined>();
  for (const { id, document } of history.flat()) documents.set(id, document);
  return [...documents.values()].flatMap((document) => document ?? []);
}

function shardOf(id: string, shards: number): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = sum * 31 + id.charCodeAt(i);
  return sum % shards;
}

function layOut(history: readonly (readonly TestChange[])[], shards: number, seed: number): ChanceShard[] {
  const laid = Array.from({ length: shards }, (_shard, i) => new ChanceShard(seed + i));
  for (const batch of history) {
    laid.forEach((shard, i) => {
      const own = batch.filter(({ id }) => shardOf(id, shards) === i);
      if (own.length > 0) shard.apply(own);
    });
  }
  return laid;
}

describe("an engine's answers", () => {
  test("are those of a naive BM25F, bit for bit, over any pieces and shards", () => {
    fc.assert(
      fc.property(batches, fc.array(query, { minLength: 3, maxLength: 3 }), fc.nat(), (history, queries, seed) => {
        const documents = living(history);
        const expected = naiveStatistics(documents);
        const plans = queries.map((asked) => planOf(asked, { documents: documents.length, ...expected }));
        const answers = plans.map((plan) => ({ plan, naive: naiveSearch(documents, plan) }));
        for (const shards of [1, 2, 3, 8]) {
          const laid = layOut(history, shards, seed);
          const statistics = follow(laid);
          expect(statistics.documents).toBe(documents.length);
          expect(statistics.lengths).toEqual(expected.lengths);
          expect(statistics.frequencies).toEqual(expected.frequencies);
          for (const { plan, naive } of answers) {
            const results = laid.map((shard) => search(shard, plan));
            const hits = results.flatMap((result) => result.hits).sort(compareHits);
            expect(hits.slice(0, plan.top)).toEqual(naive.hits);
            expect(results.reduce((sum, { total }) => sum + total, 0)).toBe(naive.total);
            expect(results.every(({ outcome, totalExact }) => outcome === "complete" && totalExact)).toBe(true);
            expect(results.reduce((sum, result) => sum + result.documents, 0)).toBe(documents.length);
          }
        }
      }),
      { seed: 11, numRuns: 250 },
    );
  });

  test("stay so where frequent terms' documents die", () => {
    const asked = fc.record({
      clauses: fc.array(simpleClause, { minLength: 1, maxLength: 4 }),
      fieldBoosts: fc.constantFrom([2, 1], [1, 1]),
      matchAtLeast: fc.constant(1),
      top: fc.nat(6),
    });
    fc.assert(
      fc.property(
        crowd,
        fc.array(asked, { minLength: 12, maxLength: 12 }),
        fc.nat(),
        ([drawn, later], queries, seed) => {
          const history = [crowdOf(drawn), ...later];
          const documents = living(history);
          const statistics = { documents: documents.length, ...naiveStatistics(documents) };
          const [shard] = layOut(history, 1, seed);
          for (const query of queries) {
            const plan = planOf(query, statistics);
            const naive = naiveSearch(documents, plan);
            const found = shard && search(shard, plan);
            expect(found).toMatchObject({ hits: naive.hits, total: naive.total, outcome: "complete" });
          }
        },
      ),
      { seed: 17, numRuns: 80 },
    );
  });

  test("stay so where fields count as little as they may", () => {
    const documents = Array.from({ length: 90 }, (_, i) => {
      const filling = "elm ".repeat((i % 4) * 9);
      return { id: `d${i}`, title: `ash bee cat dog ${filling}`, body: `ash ${filling}` };
    });
    const clauses = ["ash", "bee", "cat", "dog"].map((name): PlanClause => {
      return { occur: "optional", terms: [{ term: name, weight: -1 }] };
    });
    const asked: Query = { clauses, fieldBoosts: [1, 1], matchAtLeast: 1, top: 100 };
    const statistics = { documents: documents.length, ...naiveStatistics(documents) };
    const plan = { ...planOf(asked, statistics), fieldBoosts: [boostMin, boostMin], bm25: { k1: 10, b: 1 } };
    for (let seed = 0; seed < 4; seed++) {
      const [shard = new ChanceShard(0)] = layOut(
        [documents.map((document) => ({ id: document.id, document }))],
        1,
        seed,
      );
      expect(search(shard, plan)).toMatchObject(naiveSearch(documents, plan));
    }
  });

  test("go on after a hit without gap or repetition", () => {
    fc.assert(
      fc.property(batches, query, fc.nat(), (history, asked, seed) => {
        const documents = living(history);
        const [shard = new ChanceShard(0)] = layOut(history, 1, seed);
        const plan = planOf({ ...asked, top: 3 }, { documents: documents.length, ...naiveStatistics(documents) });
        const walked: string[] = [];
        for (let after: Plan["after"]; ; ) {
          const { hits } = search(shard, after === undefined ? plan : { ...plan, after });
          walked.push(...hits.map(({ id }) => id));
          after = hits.at(-1);
          if (after === undefined) break;
        }
        expect(walked).toEqual(naiveSearch(documents, { ...plan, top: 1000 }).hits.map(({ id }) => id));
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  test("carry the documents, whole or in the fields asked for", () => {
    const shard = new ChanceShard(3);
    const document = { id: "a", title: "fox", body: "bee bee" };
    shard.apply([{ id: "a", document }]);
    const plan = planOf(
      { clauses: [], fieldBoosts: [1, 1], matchAtLeast: 0, top: 1 },
      { documents: 1, ...naiveStatistics([document]) },
    );
    const sources = (returned: string[] | undefined) =>
      search(shard, returned === undefined ? plan : { ...plan, returned }).sources.map(sliceText);
    expect(sources(undefined)).toEqual([JSON.stringify(document)]);
    expect(sources(["body", "nothing"])).toEqual(['{"body":"bee bee"}']);
    expect(sources(["nothing"])).toEqual(["{}"]);
    expect(sources([])).toEqual(["{}"]);
  });
});

describe("a search", () => {
  test("sees the shard as it was when it began, whatever is written and merged meanwhile", () => {
    fc.assert(
      fc.property(batches, batches, query, fc.nat(), (before, later, asked, seed) => {
        const documents = living(before);
        const [shard = new ChanceShard(0)] = layOut(before, 1, seed);
        const plan = planOf(asked, { documents: Math.max(1, documents.length), ...naiveStatistics(documents) });
        const running = shard.shard.prepare(plan);
        for (const batch of later) shard.apply(batch);
        shard.merge(shard.shard.segments);
        while (!running.step(() => false));
        const { hits, total } = naiveSearch(documents, plan);
        expect(running.finish()).toMatchObject({ outcome: "complete", hits, total, documents: documents.length });
      }),
      { seed: 13, numRuns: 200 },
    );
  });

  const large = Array.from({ length: 120_000 }, (_document, i) => ({
    id: `n${i}`,
    title: i % 3 === 0 ? "fox" : "ash",
    body: `${"fox ".repeat(i % 7)}${"bee ".repeat(i % 5)}${i % 2 === 0 ? "cat" : "dog"}`,
  }));
  const shard = new ChanceShard(5);
  for (let from = 0; from < large.length; from += 30_000) {
    shard.apply(large.slice(from, from + 30_000).map((document) => ({ id: document.id, document })));
  }
  shard.apply(large.filter((_document, i) => i % 97 === 0).map(({ id }) => ({ id, document: undefined })));
  const alive = large.filter((_document, i) => i % 97 !== 0);
  const statistics = { documents: alive.length, ...naiveStatistics(alive) };
  const term = (name: string): PlanClause => ({ occur: "optional", terms: [{ term: name, weight: -1 }] });
  const asked = (clauses: PlanClause[]): Plan =>
    planOf({ clauses, fieldBoosts: [2, 1], matchAtLeast: 1, top: 20 }, statistics);
  const plans = [
    asked([term("fox"), term("bee"), term("cat")]),
    asked([{ ...term("dog"), occur: "required" }, term("fox"), { ...term("ash"), occur: "excluded" }]),
  ];

  test.each(plans)("pauses when told, and takes turns with others", (plan) => {
    const whole = search(shard, plan);
    expect(whole).toMatchObject(naiveSearch(alive, plan));
    let pauses = 0;
    const slow = shard.shard.prepare(plan);
    const others = plans.map((other) => shard.shard.prepare(other));
    while (!slow.step(() => true)) {
      pauses++;
      for (const other of others) other.step(() => true);
    }
    expect(pauses).toBeGreaterThan(3);
    expect(readable(slow.finish())).toEqual(readable(whole));
  });

  test.each(plans)("that is stopped counts what it covered and returns the best of it", (plan) => {
    const everything = new Map(naiveSearch(alive, { ...plan, top: 1e6 }).hits.map(({ id, score }) => [id, score]));
    let covered = 0;
    for (let steps = 1; ; steps++) {
      const running = shard.shard.prepare(plan);
      let done = false;
      for (let step = 0; step < steps; step++) done = running.step(() => true);
      const { outcome, documents, documentsTotal, total, totalExact, hits } = running.finish();
      expect(outcome).toBe(done ? "complete" : "truncated");
      expect(totalExact).toBe(done);
      expect(documentsTotal).toBe(alive.length);
      expect(documents).toBeGreaterThanOrEqual(covered);
      expect(total).toBeLessThanOrEqual(documents);
      expect(hits.length).toBe(Math.min(plan.top, total));
      for (const { id, score } of hits) expect(everything.get(id)).toBe(score);
      covered = documents;
      if (done) break;
    }
    expect(covered).toBe(alive.length);
  });

  test("refuses a filter on what is no column", () => {
    const plan = { ...asked([]), filter: { kind: "in", field: "title", values: ["x"] } } as const;
    expect(() => shard.shard.prepare(plan)).toThrow(expect.objectContaining({ code: "invalid_query" }));
  });
});
