import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareHits, type Hit } from "../../src/protocol/hit.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import { createPlanContext, type PlanContext } from "../../src/query/context.ts";
import { planQuery } from "../../src/query/plan.ts";
import { ChanceShard, type TestChange, testSettings } from "../engine/layout.ts";

type TestLanguage = "en" | "cjk";

/** Words that become the same terms, or stand within each other. */
const parts = {
  en: {
    stems: ["storm", "run", "measur", "nation", "pon", "théor"],
    endings: ["", "s", "ing", "ed", "al", "ality", "ies", "y", "'s", "ement"],
  },
  cjk: {
    stems: ["東京", "京都", "天気", "猫", "京", "run"],
    endings: ["", "都", "の猫", "予報", "東", "気", "ning"],
  },
};

function wordsOf(language: TestLanguage) {
  const { stems, endings } = parts[language];
  const word = fc.tuple(fc.constantFrom(...stems), fc.constantFrom(...endings)).map((both) => both.join(""));
  const text = (maxLength: number) => fc.array(word, { maxLength }).map((all) => all.join(" "));
  const change: fc.Arbitrary<TestChange> = fc
    .record({ id: fc.nat(14), title: text(2), body: text(5), deleted: fc.nat(1) })
    .map(({ id, deleted, ...rest }) => {
      const document = { id: `d${id}`, ...rest };
      return { id: document.id, document: deleted === 0 ? undefined : document };
    });
  /** A word with a letter wrong or left out, or its beginning. */
  const typed = fc.tuple(word, fc.nat(9), fc.constantFrom("", "x", "xy")).map(([whole, at, instead]) => {
    return whole.slice(0, at) + instead + whole.slice(at + 1);
  });
  const prefix = fc.tuple(word, fc.nat(9)).map(([whole, length]) => whole.slice(0, length));
  const asked: fc.Arbitrary<SearchBody> = fc.oneof(
    typed.map((query) => ({ query })),
    typed.map((query) => ({ query, prefix: true })),
    fc.tuple(word, prefix).map(([first, last]) => ({ query: `${first} ${last}*` })),
    fc.tuple(word, prefix).map(([first, last]) => ({ query: `${first} -${last}*` })),
  );
  return {
    /** A batch, and whether the leaves start anew after it. */
    step: fc.tuple(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(4)),
    questions: fc.record({
      prefixes: fc.array(prefix, { minLength: 4, maxLength: 4 }),
      misspelt: fc.array(typed, { minLength: 4, maxLength: 4 }),
      queries: fc.array(asked, { minLength: 4, maxLength: 4 }),
    }),
  };
}

/** An index as one root knows it. */
class FollowedIndex {
  readonly context: PlanContext;
  readonly #shards: readonly ChanceShard[];

  constructor(shards: readonly ChanceShard[], language: TestLanguage) {
    const settings = { ...testSettings, language, shards: shards.length };
    this.context = createPlanContext({ index: "test", incarnation: 1, settings }, 1024);
    this.#shards = shards;
  }

  follow(): void {
    const { statistics } = this.context;
    this.#shards.forEach(({ shard }, number) => {
      while (!statistics.apply(number, shard.statistics(statistics.cursor(number), 7)));
    });
  }

  /** All that a root makes of its words: what stands for others, and what that finds. */
  answers({ prefixes, misspelt, queries }: Questions): unknown {
    const { statistics, vocabulary } = this.context;
    return {
      statistics: statistics.current,
      beginning: prefixes.map((start) => [vocabulary.beginning(start, 100), vocabulary.beginning(start, 2)]),
      near: misspelt.map((wrong) => [vocabulary.near(wrong, 2, 100), vocabulary.near(wrong, 1, 2)]),
      found: queries.map((query) => this.#found(query)),
    };
  }

  #found(body: SearchBody): unknown {
    const { plan, corrections, documentsLeftOut } = planQuery(body, this.context);
    const hits: Hit[] = [];
    for (const { shard } of this.#shards) {
      const search = shard.prepare(plan);
      while (!search.step(() => false));
      hits.push(...search.finish().hits);
    }
    return { clauses: plan.clauses, corrections, documentsLeftOut, hits: hits.sort(compareHits).slice(0, plan.top) };
  }
}

type Questions = { prefixes: string[]; misspelt: string[]; queries: SearchBody[] };
function shardsOf(count: number, { seed, language }: { seed: number; language: TestLanguage }): ChanceShard[] {
  const settings = { ...testSettings, language };
  return Array.from({ length: count }, (_, i) => new ChanceShard(seed + i, settings));
}

function apply(shards: readonly ChanceShard[], changes: readonly TestChange[]): void {
  shards.forEach((shard, i) => {
    const own = changes.filter(({ id }) => Number(id.slice(1)) % shards.length === i);
    if (own.length > 0) shard.apply(own);
  });
}

describe("what words stand for", () => {
  it.each(["en", "cjk"] as const)(
    "depends on the living documents alone, whatever has been in an index of %s",
    (language) => {
      const { step, questions } = wordsOf(language);
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), questions, fc.nat(), (steps, each, seed) => {
          const living = new Map<string, TestChange>();
          const layouts = [1, 3].map((count) => {
            const shards = shardsOf(count, { seed, language });
            return { shards, root: new FollowedIndex(shards, language) };
          });
          for (const [changes, restarting] of steps) {
            for (const change of changes) living.set(change.id, change);
            const freshShards = shardsOf(1, { seed: seed + 100, language });
            apply(freshShards, [...living.values()]);
            const fresh = new FollowedIndex(freshShards, language);
            fresh.follow();
            const expected = fresh.answers(each);
            for (const { shards, root } of layouts) {
              apply(shards, changes);
              root.follow();
              expect(root.answers(each)).toEqual(expected);
              const otherRoot = new FollowedIndex(shards, language);
              otherRoot.follow();
              expect(otherRoot.answers(each)).toEqual(expected);
              if (restarting > 0) continue;
              for (const shard of shards) shard.restart();
              root.follow();
              expect(root.answers(each)).toEqual(expected);
            }
          }
        }),
        { seed: 47, numRuns: 60 },
      );
    },
  );
});
