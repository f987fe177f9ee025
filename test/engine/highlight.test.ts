import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Analyzer, createAnalyzer } from "../../src/engine/analyzer.ts";
import { fragmentsOf } from "../../src/engine/fragments.ts";
import { Highlighter, type Highlights } from "../../src/engine/highlight.ts";
import { findMarks, type Mark } from "../../src/engine/marks.ts";
import { type PreparedClause, preparePlan } from "../../src/engine/prepared-plan.ts";
import type { PlanClause } from "../../src/protocol/plan.ts";

const analyzer = createAnalyzer({ language: "en" });
const names = ["title", "body"];

const words = [
  "wind",
  "Winds",
  "measuring",
  "measured",
  "the",
  "of",
  "C++",
  "dog's",
  "été",
  "漢字",
  "<b>",
  "a&b",
  '"x"',
  "😀",
];
const spaces = fc.constantFrom(" ", " ", " ", ", ", " & ", "\n", " <i> ");
const text = (maxLength: number) =>
  fc.array(fc.tuple(fc.constantFrom(...words), spaces), { maxLength }).map((parts) => parts.flat().join(""));

const looked = ["wind", "measuring", "c++", "dog", "ete", "x", "漢"];
/** What somebody looks for: a word, or several side by side. */
const asked = fc
  .array(fc.constantFrom(...looked, "measuring the wind", "wind of the dog", "漢字", "wind wind", "a b"), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) => all.map(clauseOf));

function clauseOf(query: string): PlanClause {
  const tokens = analyzer.analyze(query);
  const first = tokens[0]?.position ?? 0;
  const terms = [...new Set(tokens.map(({ term }) => term))].map((term, i) => ({ term, weight: 1 + i }));
  if (tokens.length < 2) return { occur: "optional", terms };
  return { occur: "optional", terms, phrase: tokens.map(({ term, position }) => ({ term, offset: position - first })) };
}

function prepared(clauses: readonly PlanClause[], fieldBoosts = [1, 1]): PreparedClause[] {
  const plan = { index: "t", incarnation: 1, epoch: "", bm25: { k1: 1, b: 0.5 }, averageLengths: [1, 1] };
  return preparePlan({ ...plan, fieldBoosts, clauses, matchAtLeast: 1, top: 1 }, []).clauses;
}

function run<Result>(work: Generator<void, Result>): { result: Result; pauses: number } {
  for (let pauses = 0; ; pauses++) {
    const step = work.next();
    if (step.done === true) return { result: step.value, pauses };
  }
}

function highlight(document: object, clauses: readonly PreparedClause[], analyze: Analyzer = analyzer): Highlights {
  const highlighter = new Highlighter(clauses, { names, asked: names }, analyze);
  return run(highlighter.highlight(new TextEncoder().encode(JSON.stringify(document)))).result;
}

/** Every place where a clause stands, by looking at every token of the whole text. */
function naiveMarks(whole: string, clauses: readonly PlanClause[]): { start: number; end: number }[] {
  const tokens = analyzer.analyze(whole);
  const at = new Map(tokens.map((token) => [token.position, token]));
  return clauses.flatMap(({ terms, phrase }) =>
    tokens.flatMap((token) => {
      if (phrase === undefined) return terms.some(({ term }) => term === token.term) ? [token] : [];
      const held = phrase.map(({ term, offset }) => {
        const other = at.get(token.position + offset);
        return other?.term === term ? other : undefined;
      });
      const last = held.at(-1);
      return last === undefined || held.includes(undefined) ? [] : [{ start: token.start, end: last.end }];
    }),
  );
}

const entities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
const plainOf = (html: string): string =>
  html.replaceAll(/<\/?mark>/g, "").replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? "");

/** A part of a text with exactly the marks that the naive look finds in it. */
function naiveHtml(whole: string, range: { start: number; end: number }, marked: readonly boolean[]): string {
  let html = "";
  for (let i = range.start; i < range.end; i++) {
    if (marked[i] && (i === range.start || !marked[i - 1])) html += "<mark>";
    html += Object.entries(entities).find(([, sign]) => sign === whole[i])?.[0] ?? whole[i];
    if (marked[i] && (i + 1 === range.end || !marked[i + 1])) html += "</mark>";
  }
  return html;
}

describe("fragments", () => {
  test("are parts of the text with exactly what matched marked and all else escaped", () => {
    fc.assert(
      fc.property(text(80), asked, (body, clauses) => {
        const fragments = highlight({ body }, prepared(clauses)).body ?? [];
        const spans = naiveMarks(body, clauses);
        const marked = Array.from(body, () => false);
        marked.length = body.length;
        marked.fill(false);
        for (const { start, end } of spans) marked.fill(true, start, end);
        expect(fragments.length > 0).toBe(spans.length > 0);
        expect(fragments.length).toBeLessThanOrEqual(3);
        let from = 0;
        for (const html of fragments) {
          expect(html).toContain("<mark>");
          const plain = plainOf(html);
          expect(plain.isWellFormed()).toBe(true);
          expect(plain.trim()).toBe(plain);
          const places: number[] = [];
          for (let at = body.indexOf(plain, from); at >= 0; at = body.indexOf(plain, at + 1)) places.push(at);
          const place = places.find((start) => naiveHtml(body, { start, end: start + plain.length }, marked) === html);
          expect(place, html).toBeDefined();
          from = (place ?? 0) + plain.length;
          const longest = Math.max(
            ...html.split("<mark>").map((part) => plainOf(part.split("</mark>")[0] ?? "").length),
          );
          expect(plain.length).toBeLessThanOrEqual(Math.max(150, longest));
        }
      }),
      { seed: 311, numRuns: 1500 },
    );
  });

  test("leave no word unmarked that is looked for", () => {
    const vocabulary = ["wind", "storm", "gauge", "speed", "and", "filler", "behind"];
    const soughtWords = vocabulary.slice(0, 4);
    const body = fc.array(fc.constantFrom(...vocabulary), { minLength: 1, maxLength: 60 }).map((all) => all.join(" "));
    const weights = fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(body, weights, (text, weighed) => {
        const clauses = soughtWords.map((word, i): PlanClause => {
          const [term = ""] = analyzer.terms(word);
          return { occur: "optional", terms: [{ term, weight: weighed[i] ?? 1 }] };
        });
        for (const html of highlight({ body: text }, prepared(clauses)).body ?? []) {
          const unmarked = html.replaceAll(/<mark>\w+<\/mark>/g, "");
          for (const word of soughtWords) expect(unmarked, html).not.toContain(word);
        }
      }),
      { seed: 313, numRuns: 2000 },
    );
  });

  test("begin and end at words", () => {
    const body = Array.from({ length: 200 }, (_word, i) => `word${i}`).join(" ");
    const [html = ""] = highlight({ body }, prepared([clauseOf("word100")])).body ?? [];
    expect(html).toMatch(/^word\d+ .*<mark>word100<\/mark>.* word\d+$/);
    expect(plainOf(html).length).toBeGreaterThan(130);
    for (const word of plainOf(html).split(" ")) expect(body.split(" ")).toContain(word);
  });

  test("leave no kana without its mark", () => {
    for (const mark of ["\u3099", "\uff9e", "\u{e0100}"]) {
      for (let shift = 0; shift < 4; shift++) {
        const body = `${"x".repeat(shift)} ${`ｶ${mark}`.repeat(200)} wind ${`ｶ${mark}`.repeat(200)}`;
        const [html = ""] = highlight({ body }, prepared([clauseOf("wind")])).body ?? [];
        const [before = "", after = ""] = html.split(" <mark>wind</mark> ");
        for (const part of [before, after]) expect(part).toBe(`ｶ${mark}`.repeat(part.length / (1 + mark.length)));
      }
    }
  });

  test("are those with the most of the query, in the text's order", () => {
    const gap = "filler ".repeat(40);
    const body = `alpha ${gap} alpha beta ${gap} beta ${gap} alpha beta gamma ${gap} gamma`;
    const { body: fragments = [] } = highlight({ body }, prepared(["alpha", "beta", "gamma"].map(clauseOf)));
    const found = fragments.map((html) => [...html.matchAll(/<mark>(\w+)<\/mark>/g)].map(([, word]) => word));
    expect(found).toEqual([["alpha"], ["alpha", "beta"], ["alpha", "beta", "gamma"]]);
  });

  test("of a text with a thousand marks are chosen a little at a time", () => {
    const words = ["ant", "bee", "cat"];
    const marks = Array.from({ length: 1000 }, (_mark, i): Mark => {
      const what = words[i % 3 === 1 ? 1 : i < 900 ? 0 : i % 3] ?? "";
      return { start: 4 * i, end: 4 * i + 3, what, weight: 0.1 };
    });
    const text = marks.map(({ what }) => what).join(" ");
    const { result, pauses } = run(fragmentsOf(text, marks));
    expect(pauses).toBeGreaterThanOrEqual(1000 / 150);
    expect(result).toHaveLength(3);
    expect(result.filter(({ worth }) => worth > 0.25).length).toBeGreaterThan(1);
    for (const { html } of result) expect(html).toContain("<mark>bee</mark>");
  });

  test("come from the fields that count, and not from what is excluded", () => {
    const document = { title: "wind", body: "wind and rain", other: "wind" };
    expect(Object.keys(highlight(document, prepared([clauseOf("wind")])))).toEqual(["title", "body"]);
    expect(Object.keys(highlight(document, prepared([clauseOf("wind")], [0, 1])))).toEqual(["body"]);
    const excluding: PlanClause[] = [clauseOf("rain"), { ...clauseOf("wind"), occur: "excluded" }];
    expect(highlight(document, prepared(excluding))).toEqual({ body: ["wind and <mark>rain</mark>"] });
    const titled: PlanClause[] = [{ ...clauseOf("wind"), fieldBoosts: [1, 0] }];
    expect(Object.keys(highlight(document, prepared(titled)))).toEqual(["title"]);
  });

  test("of a list are of its items; no phrase reaches from one into the next", () => {
    const body = ["measuring wind", "wind", "speed of wind", 7];
    expect(highlight({ body }, prepared([clauseOf("wind speed")]))).toEqual({});
    expect(highlight({ body }, prepared([clauseOf("speed of wind"), clauseOf("7")]))).toEqual({
      body: ["<mark>speed of wind</mark>", "<mark>7</mark>"],
    });
  });
});

describe("marks", () => {
  const sameRanges = (marks: readonly Mark[]) => [...new Set(marks.map(({ start, end }) => `${start}-${end}`))].sort();

  test("in a long text are those of the text as a whole", () => {
    const longText = fc
      .array(fc.constantFrom("wind", "of", "the", "dog", "measuring", "x".repeat(97), "漢字漢", ", "), {
        minLength: 400,
        maxLength: 900,
      })
      .map((all) => all.join(" "));
    fc.assert(
      fc.property(longText, asked, (whole, clauses) => {
        const prepare = prepared(clauses);
        const wordTerms = prepare.filter(({ phrase }) => phrase === undefined).flatMap(({ terms }) => terms);
        const wanted = {
          words: new Map(wordTerms.map(({ lookup, weight }) => [lookup.term, weight])),
          phrases: prepare.flatMap(({ phrase }) => (phrase === undefined ? [] : [{ phrase, weight: 1 }])),
        };
        const found = sameRanges(run(findMarks(whole, wanted, analyzer)).result);
        const naive = naiveMarks(whole, clauses).map(({ start, end }) => `${start}-${end}`);
        if (found.length < 1000) expect(found).toEqual([...new Set(naive)].sort());
      }),
      { seed: 312, numRuns: 60 },
    );
  });

  test("of single ideographs are all their places in a text without spaces", () => {
    const analyze = createAnalyzer({ language: "cjk" });
    const signs = fc.array(fc.constantFrom(..."猫黒い𠮷が", "ｶﾞ"), { minLength: 40, maxLength: 90 });
    fc.assert(
      fc.property(signs, fc.constantFrom("車", "𠮷車", "ガ車"), (all, last) => {
        const whole = all.join("").repeat(110) + last;
        const words = new Map([["車", 1]]);
        for (const term of analyze.terms(last)) words.set(term, 1);
        const at = whole.length - 1;
        const start = at - (last === "ガ車" ? 1 : last.length - 1);
        const { result } = run(findMarks(whole, { words, phrases: [] }, analyze));
        expect(sameRanges(result)).toEqual([...new Set([`${start}-${at + 1}`, `${at}-${at + 1}`])].sort());
        const cats = run(findMarks(whole.slice(0, 900), { words: new Map([["猫", 1]]), phrases: [] }, analyze)).result;
        expect(cats.map((mark) => mark.start)).toEqual(
          [...whole.slice(0, 900).matchAll(/猫/gu)].map(({ index }) => index),
        );
        const pairs = new Map(["い黒", "ガ𠮷", "猫ガ"].map((pair) => [pair, 1]));
        const marks = analyze.documentTokens(whole).filter(({ term }) => pairs.has(term));
        const found = run(findMarks(whole, { words: pairs, phrases: [] }, analyze)).result;
        if (found.length < 1000)
          expect(sameRanges(found)).toEqual(marks.map(({ start, end }) => `${start}-${end}`).sort());
      }),
      { seed: 314, numRuns: 10, endOnFailure: true },
    );
  });

  test("of a pair are found wherever a text is cut", () => {
    const analyze = createAnalyzer({ language: "cjk" });
    for (let before = 0; before <= 400; before++) {
      const whole = `${"猫".repeat(before)}いｶﾞ黒`;
      const marks = run(findMarks(whole, { words: new Map([["いガ", 1]]), phrases: [] }, analyze)).result;
      expect(marks).toMatchObject([{ start: before, end: before + 3 }]);
    }
  });

  test("of a sign with more accents than are analyzed at once are those of the sign", () => {
    const analyze = createAnalyzer({ language: "cjk" });
    const whole = `猫${"い\u0301".repeat(90)}${`黒${"\u0301".repeat(700)}`}い猫`;
    const [black = "", pair = ""] = analyze
      .documentTokens(whole)
      .flatMap(({ term }) => (/黒/u.test(term) ? [term] : []))
      .slice(1);
    const marks = run(
      findMarks(
        whole,
        {
          words: new Map([
            [black, 1],
            [pair, 1],
          ]),
          phrases: [],
        },
        analyze,
      ),
    ).result;
    expect(sameRanges(marks)).toEqual(["181-882", "181-883"]);
  });

  test("are looked for in few ideographs at a time, which are much more work than letters", () => {
    const analyze = createAnalyzer({ language: "cjk" });
    const lengths: number[] = [];
    const counting: Analyzer = {
      ...analyze,
      documentTokens: (part) => {
        lengths.push(part.length);
        return analyze.documentTokens(part);
      },
    };
    const whole = "2023年12月25日、".repeat(1000);
    const { pauses } = run(findMarks(whole, { words: new Map([["zz", 1]]), phrases: [] }, counting));
    expect(Math.max(...lengths)).toBeLessThan(200);
    expect(pauses).toBeGreaterThanOrEqual(lengths.length - 1);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(1.1 * whole.length);
  });

  test("of a phrase are found wherever a text is cut, also behind an ideograph that is a stop word", () => {
    const analyze = createAnalyzer({ language: "cjk", stopWords: ["の"] });
    const words = analyze.analyze("東西の京都");
    const terms = words.map(({ term }) => ({ occur: "required" as const, terms: [{ term, weight: 1 }] }));
    const [first] = words;
    const phrase = words.map(({ term, position }) => ({ term, offset: position - (first?.position ?? 0) }));
    const prepare = prepared([{ occur: "required", terms: terms.flatMap((one) => one.terms), phrase }]);
    const phrases = prepare.flatMap((clause) =>
      clause.phrase === undefined ? [] : [{ phrase: clause.phrase, weight: 1 }],
    );
    for (let before = 100; before <= 400; before++) {
      const whole = `${"大".repeat(before)}東西の京都${"大".repeat(300)}`;
      const marks = run(findMarks(whole, { words: new Map(), phrases }, analyze)).result;
      expect(marks, `${before}`).toMatchObject([{ start: before, end: before + 5 }]);
    }
  });

  test("are looked for in a bounded part of a large document, a little at a time", () => {
    const body = `wind ${"lorem ipsum dolor ".repeat(280_000)} wind`;
    const lengths: number[] = [];
    const counting: Analyzer = {
      ...analyzer,
      documentTokens: (part) => {
        lengths.push(part.length);
        return analyzer.documentTokens(part);
      },
    };
    const { body: fragments } = highlight({ title: body, body }, prepared([clauseOf("wind")]), counting);
    expect(fragments?.[0]).toContain("<mark>wind</mark> lorem");
    expect(Math.max(...lengths)).toBeLessThan(10_000);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(2 * 110_000);
  });
});
