import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { planSizeBytesMax } from "../../src/leaf/plan-check.ts";
import { readPlan } from "../../src/leaf/plan-memory.ts";
import { lookupsMax, typingTermsMax } from "../../src/protocol/plan.ts";
import { inverseDocumentFrequency } from "../../src/protocol/plan-numbers.ts";
import { writePlan } from "../../src/protocol/plan-payload.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import type { PlanContext } from "../../src/query/context.ts";
import { correctedWordsMax } from "../../src/query/expand.ts";
import { planQuery } from "../../src/query/plan.ts";
import { seededRandom } from "../../src/time.ts";
import { naiveSearch } from "../engine/oracle.ts";
import { contextOf } from "./word-context.ts";

function clausesOf(body: SearchBody, context: PlanContext): string[][] {
  return planQuery(body, context).plan.clauses.map(({ terms }) => terms.map(({ term }) => term));
}

describe("what prefixes begin", () => {
  it("is remembered, but of long ones no more than fit into some megabytes", () => {
    const { vocabulary } = contextOf({ wind: 7 });
    const first = vocabulary.beginning("wi", 10);
    expect(vocabulary.beginning("wi", 10)).toBe(first);
    const letters = 10_000;
    let remembered = 0;
    while (vocabulary.beginning("wi", 10) === first && remembered < 1000) {
      vocabulary.beginning("x".repeat(letters) + remembered, 10);
      remembered++;
    }
    expect(remembered * letters).toBeLessThan(2 << 20);
  });
});

describe("a prefix", () => {
  const context = contextOf({ measuring: 5, measured: 3, mean: 9, theory: 4, there: 2, wind: 7, they: 3 });

  it("stands for the terms of the words that begin with it, the frequent ones first", () => {
    expect(clausesOf({ query: "wind mea*" }, context)).toEqual([["wind"], ["mean", "measur"]]);
    expect(clausesOf({ query: "wind mea", prefix: true }, context)).toEqual([["wind"], ["mean", "measur"]]);
    expect(clausesOf({ query: "measuri*" }, context)).toEqual([["measur"]]);
  });

  it("may be what is a stop word as a whole", () => {
    expect(clausesOf({ query: "wind the", prefix: true }, context)).toEqual([["wind"], ["theori"]]);
    expect(clausesOf({ query: "wind of", prefix: true }, context)).toEqual([["wind"]]);
  });

  it("that begins nothing is a word, and may be misspelt", () => {
    expect(planQuery({ query: "mesuring", prefix: true }, context).corrections).toEqual([
      { from: "mesuring", to: ["measuring"] },
    ]);
  });

  it("counts the word that is typed in full, and the others less", () => {
    const cases = contextOf({ car: 2, cargo: 8 });
    const weight = inverseDocumentFrequency(1000, 8);
    expect(planQuery({ query: "car*" }, cases).plan.clauses).toEqual([
      {
        occur: "optional",
        terms: [
          { term: "car", weight },
          { term: "cargo", weight: weight * 0.75 },
        ],
      },
    ]);
  });

  it("stands for as many terms as there is room for, by frequency and then by the term, and keeps the word that is typed", () => {
    const words = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`ab${i.toString(36)}x`, 2 + (i % 7)]));
    const best = Object.entries({ ...words, ab: 1 }).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 130 }), fc.nat(2), (termsMax, others) => {
        const context = contextOf({ ...words, ab: 1, wind: 4 }, { language: "simple" }, termsMax);
        const planned = planQuery({ query: `${["wind ", "wnot "].slice(0, others).join("")}ab*` }, context);
        const clauses = planned.plan.clauses.map((clause) => clause.terms.map(({ term }) => term));
        const terms = clauses.find(([first]) => first === "ab") ?? [];
        const room = Math.min(termsMax - others, best.length);
        const expected = best.filter(([word]) => word !== "ab").slice(0, room - 1);
        expect(terms).toEqual(["ab", ...expected.map(([word]) => word)]);
        const leftOut = best.filter(([word]) => !terms.includes(word)).reduce((sum, [, count]) => sum + count, 0);
        expect(planned.documentsLeftOut).toBeGreaterThanOrEqual(leftOut);
        // The word that is typed may have been counted among the rare ones.
        expect(planned.documentsLeftOut).toBeLessThanOrEqual(leftOut === 0 ? 0 : leftOut + 1);
      }),
      { seed: 84, numRuns: 200 },
    );
  });

  it("that is still being typed stands for the most frequent, unless it is excluded", () => {
    const words = Object.fromEntries(Array.from({ length: typingTermsMax + 5 }, (_, i) => [`ab${i}x`, i < 5 ? 2 : 3]));
    const context = contextOf(words, { language: "simple" });
    const planned = planQuery({ query: "ab", prefix: true }, context);
    expect(planned.plan.clauses[0]?.terms).toHaveLength(typingTermsMax);
    expect(planned.documentsLeftOut).toBe(10);
    const all = [{ query: "ab*" }, { query: "ab*", prefix: true }, { query: "-ab", prefix: true }];
    for (const body of all) {
      const { plan, documentsLeftOut } = planQuery(body, context);
      expect({ terms: plan.clauses[0]?.terms.length, documentsLeftOut }).toEqual({
        terms: typingTermsMax + 5,
        documentsLeftOut: 0,
      });
    }
  });

  it("that is excluded stands for all of its terms, or is refused", () => {
    const words = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`ab${i}x`, 3]));
    const asked = { query: "other -ab*" };
    expect(planQuery(asked, contextOf(words, {}, 121)).plan.clauses[1]?.terms).toHaveLength(120);
    const refused = expect.objectContaining({
      code: "invalid_query",
      places: [expect.objectContaining({ path: "/query", detail: expect.stringContaining("write more of the word") })],
    });
    expect(() => planQuery(asked, contextOf(words, {}, 120))).toThrow(refused);
    const typing = planQuery({ query: "other -ab", prefix: true }, contextOf(words, {}, 120));
    expect(typing.plan.clauses[1]).toMatchObject({ occur: "excluded", terms: [{ term: "ab" }] });
    expect(typing.documentsLeftOut).toBe(360);
  });

  it("makes no plan that is larger than leaves take", () => {
    const words = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`a${i}${"語".repeat(2000)}`, 3]));
    const { plan, documentsLeftOut } = planQuery({ query: "a*" }, contextOf(words, { language: "simple" }));
    expect(writePlan(plan).length).toBeLessThan(planSizeBytesMax);
    expect(documentsLeftOut).toBeGreaterThan(0);
  });

  it("of any word finds that word's term, in every language", () => {
    const words = [
      "running",
      "ponies",
      "nationality",
      "häuser",
      "ações",
      "книгами",
      "chevaux",
      "generously",
      "a",
      "of",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom("en", "de", "fr", "pt", "ru", "simple"),
        fc.constantFrom(...words),
        fc.nat(12),
        (language, word, length) => {
          const own = contextOf({}, { language });
          const [token] = own.analyzer.analyze(word);
          if (token === undefined) return;
          const known = contextOf({ [token.folded]: 3 }, { language });
          const prefix = word.slice(0, 1 + (length % word.length));
          expect(clausesOf({ query: `${prefix}*` }, known)).toEqual([[token.term]]);
        },
      ),
      { seed: 83, numRuns: 300 },
    );
  });
});

describe("a prefix that ends an excluded word of several terms", () => {
  const words = { wi: 5, fi: 4, fire: 3, film: 2, far: 2, other: 9, 大学: 3, 学生: 2, ab: 2, ac: 1 };
  const phrases = (body: SearchBody, context: PlanContext): string[][] =>
    planQuery(body, context).plan.clauses.map(({ phrase }) => phrase?.map(({ term }) => term) ?? []);

  it("makes a phrase with each term that it begins", () => {
    const context = contextOf(words, { language: "simple" });
    const expected = ["fi", "fire", "film"].map((end) => ["wi", end]);
    for (const body of [{ query: "-wi-fi*" }, { query: "-wi-fi", prefix: true }])
      expect(phrases(body, context)).toEqual(expected);
    expect(phrases({ query: "-wi-fi" }, context)).toEqual([["wi", "fi"]]);
    expect(phrases({ query: "-wi-x*" }, context)).toEqual([["wi", "x"]]);
    const pairs = contextOf(words, { language: "cjk" });
    expect(planQuery({ query: "-大学a*" }, pairs).plan.clauses.map(({ phrase }) => phrase)).toEqual(
      ["ab", "ac"].map((term) => [
        { term: "大学", offset: 0 },
        { term, offset: 2 },
      ]),
    );
  });

  it("leaves out just the documents where they stand side by side", () => {
    const context = contextOf(words, { language: "simple" });
    const text = fc.array(fc.constantFrom("wi", "fi", "fire", "film", "far", "other"), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), fc.constantFrom("f", "fi", "fir"), (texts, typed) => {
        const { plan } = planQuery({ query: `-wi-${typed}*` }, context);
        const documents = texts.map((body, i) => ({ id: `${i}`, title: body.join(" "), body: "" }));
        const left = documents.filter(({ title }) => !new RegExp(`\\bwi ${typed}`).test(title));
        expect(naiveSearch(documents, plan).total).toBe(left.length);
      }),
      { seed: 86, numRuns: 300 },
    );
  });

  it("adds nothing where it is a stop word: what is before it is excluded whatever follows", () => {
    const context = contextOf({ state: 3, offer: 2, solid: 1 });
    expect(clausesOf({ query: "-state-of*" }, context)).toEqual(clausesOf({ query: "-state" }, context));
    expect(phrases({ query: "-solid-state-of*" }, context)).toEqual(phrases({ query: "-solid-state" }, context));
  });

  it("is refused where there is no room for all of them, and stands for itself while it is typed", () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`fi${i}x`, 3]));
    const query = "other -wi-fi";
    const refused = expect.objectContaining({
      code: "invalid_query",
      places: [expect.objectContaining({ path: "/query", detail: expect.stringContaining("write more of the word") })],
    });
    const wideEnough = contextOf(many, { language: "simple" }, 121);
    expect(planQuery({ query: `${query}*` }, wideEnough).plan.clauses).toHaveLength(61);
    const narrow = contextOf(many, { language: "simple" }, 120);
    expect(() => planQuery({ query: `${query}*` }, narrow)).toThrow(refused);
    expect(phrases({ query, prefix: true }, narrow)).toEqual([[], ["wi", "fi"]]);
    expect(planQuery({ query, prefix: true }, narrow).documentsLeftOut).toBe(180);
    const crowd = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`fi${i}x`, 3]));
    const wide = contextOf(crowd, { language: "simple" }, 10_000);
    expect(() => planQuery({ query: `${query}*` }, wide)).toThrow(refused);
    expect(phrases({ query, prefix: true }, wide)).toEqual([[], ["wi", "fi"]]);
    const long = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`fi${i}${"語".repeat(2000)}`, 3]));
    expect(() => planQuery({ query: `${query}*` }, contextOf(long, { language: "simple" }))).toThrow(refused);
  });
});

describe("a misspelt word", () => {
  const context = contextOf({ anemometer: 2, wind: 9, wand: 3, window: 4, ox: 1, gone: 0 });
  const corrections = (body: SearchBody): unknown => planQuery(body, context).corrections;

  it("is allowed as many edits as its length says, or as the caller does", () => {
    expect(corrections({ query: "anenometr" })).toEqual([{ from: "anenometr", to: ["anemometer"] }]);
    expect(corrections({ query: "wnid" })).toEqual([{ from: "wnid", to: ["wind"] }]);
    expect(corrections({ query: "wid" })).toEqual([]);
    expect(corrections({ query: "wid", typos: 1 })).toEqual([{ from: "wid", to: ["wind"] }]);
    expect(corrections({ query: "anenometr", typos: 0 })).toEqual([]);
    expect(corrections({ query: "anenometr", typos: 1 })).toEqual([]);
  });

  it("stands for the nearest words, then the most frequent, each worth less the farther it is", () => {
    const weight = inverseDocumentFrequency(1000, 9);
    const planned = planQuery({ query: "Wond" }, context);
    expect(planned.corrections).toEqual([{ from: "Wond", to: ["wind", "wand"] }]);
    expect(planned.plan.clauses[0]?.terms).toEqual([
      { term: "wind", weight: weight / 2 },
      { term: "wand", weight: weight / 2 },
    ]);
  });

  it("is corrected by its letters where each takes two units of UTF-16", () => {
    const adlam = contextOf({ 𞤢𞤣𞤤𞤥𞤦𞤧: 2 }, { language: "simple" });
    for (const query of ["𞤢𞤣𞤤𞤥𞤧", "𞤢𞤤𞤣𞤥𞤦𞤧", "𞤢𞤣𞤤𞤨𞤦𞤧"]) expect(clausesOf({ query }, adlam)).toEqual([["𞤢𞤣𞤤𞤥𞤦𞤧"]]);
  });

  it("is not corrected when it stands somewhere, is excluded, or could only be what is gone", () => {
    expect(corrections({ query: "wand -wnid" })).toEqual([]);
    expect(corrections({ query: "gona" })).toEqual([]);
    expect(corrections({ query: '"wnid wand"' })).toEqual([]);
  });

  it("stands for so many words at most", () => {
    const words = Object.fromEntries([..."abcdefghijklmnop"].map((letter, i) => [`wor${letter}`, i + 1]));
    const { corrections: found } = planQuery({ query: "worx" }, contextOf(words, { language: "simple" }));
    expect(found[0]?.to).toEqual([..."ponmlkji"].map((letter) => `wor${letter}`));
    expect(found[0]?.to.length).toBe(correctedWordsMax);
  });

  it("is looked up once, and only so many of a query are, whether or not there is a word near them", () => {
    const near = vi.spyOn(context.vocabulary, "near");
    const random = seededRandom(7);
    const unknown = Array.from({ length: 400 }, () => `qx${random.next().toString(36).slice(2, 9)}`);
    const once = planQuery({ query: `anenometr ${unknown.join(" ")}` }, context);
    expect(near).toHaveBeenCalledTimes(lookupsMax);
    expect(once.corrections).toEqual([{ from: "anenometr", to: ["anemometer"] }]);
    expect(planQuery({ query: `${unknown.join(" ")} anenometr` }, context).corrections).toEqual([]);

    near.mockClear();
    const repeated = planQuery({ query: "anenometr Anenometr wnid ".repeat(300) }, context);
    expect(near).toHaveBeenCalledTimes(2);
    expect(repeated.corrections).toEqual([
      { from: "anenometr", to: ["anemometer"] },
      { from: "wnid", to: ["wind"] },
    ]);
    expect(repeated.plan.clauses.every(({ terms }) => terms[0]?.term !== "anenometr")).toBe(true);
  });
});

describe("synonyms", () => {
  const synonyms = [
    ["car", "automobile", "Autos"],
    ["auto", "machine"],
  ];

  it("are alternatives, whichever of them is typed and in whatever form", () => {
    const context = contextOf({ car: 8, automobile: 2, auto: 4, machine: 5 }, { synonyms });
    expect(clausesOf({ query: "cars" }, context)).toEqual([["car", "automobil", "auto"]]);
    expect(clausesOf({ query: "auto" }, context)).toEqual([["auto", "car", "automobil", "machin"]]);
    const weight = inverseDocumentFrequency(1000, 8);
    expect(planQuery({ query: "automobile" }, context).plan.clauses[0]?.terms.map((term) => term.weight)).toEqual([
      weight,
      weight * 0.9,
      weight * 0.9,
    ]);
  });

  it("are found by a prefix no less than by the word: what is typed already may be the whole of it", () => {
    const context = contextOf({ car: 8, carpet: 3, automobile: 2, auto: 4 }, { synonyms });
    for (const body of [{ query: "car*" }, { query: "car", prefix: true }]) {
      const weight = inverseDocumentFrequency(1000, 8);
      expect(planQuery(body, context).plan.clauses[0]?.terms).toEqual([
        { term: "car", weight },
        { term: "automobil", weight: weight * 0.9 },
        { term: "auto", weight: weight * 0.9 },
        { term: "carpet", weight: weight * 0.75 },
      ]);
    }
    expect(clausesOf({ query: "-car*" }, context)).toEqual([["car", "automobil", "auto", "carpet"]]);
    expect(clausesOf({ query: "machines", prefix: true }, context)).toEqual([["auto"]]);
  });

  it("that stand somewhere make a word no typing error", () => {
    const context = contextOf({ car: 8, automobiles: 0 }, { synonyms });
    expect(planQuery({ query: "automobile" }, context).corrections).toEqual([]);
  });
});

describe("a query that is too much", () => {
  const group = ["car", ...Array.from({ length: 900 }, (_, i) => `vehicle${i}`)];
  const other = ["road", ...Array.from({ length: 900 }, (_, i) => `street${i}`)];

  it.each([
    ["of words", { query: Array.from({ length: 1100 }, (_, i) => `w${i}`).join(" ") }, "1100 terms"],
    ["of what words stand for", { query: "car road ".repeat(6) }, "more than 10000 terms with its synonyms"],
  ])("%s is refused by the root, as no leaf takes it", (_what, body, detail) => {
    const context = contextOf({ car: 3, road: 2 }, { synonyms: [group, other] }, 10_000);
    expect(() => planQuery(body, context)).toThrow(detail);
  });

  it("is not expanded to its end", () => {
    const context = contextOf({ car: 3 }, { synonyms: [group] }, 10_000);
    const frequency = vi.spyOn(context.statistics, "frequency");
    expect(() => planQuery({ query: "car,".repeat(2_000) }, context)).toThrow("with its synonyms");
    expect(frequency.mock.calls.length).toBeLessThan(100_000);
  });

  it("is none that leaves refuse, whatever it is made of", () => {
    const context = contextOf({ car: 3, road: 2, cargo: 5 }, { synonyms: [group, other] }, 10_000);
    const piece = fc.constantFrom("car", "road", "ca*", "cra", '"car road"', "-road", "+car", "body:road");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(9_990), (pieces, from) => {
        const body = { query: [...pieces, "car"].join(" "), from };
        try {
          const { plan } = planQuery(body, context);
          expect(readPlan(writePlan(plan)).kind).toBe("plan");
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_query" });
        }
      }),
      { seed: 12, numRuns: 100 },
    );
  });
});
