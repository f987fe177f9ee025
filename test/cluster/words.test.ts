import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 3 });
});

afterAll(() => cluster.close());

const layouts = [1, 3, 8];

async function created(index: string, settings: object): Promise<void> {
  const fields = { title: { type: "text" }, body: { type: "text" } };
  const answer = await cluster.request("PUT", `/v1/indexes/${index}`, { fields, replicas: 1, ...settings });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
}

async function search(index: string, body: object): Promise<Record<string, unknown>> {
  const answer = await cluster.request("POST", `/v1/indexes/${index}/search`, { budgetMs: 20_000, ...body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

async function found(index: string, body: object): Promise<string[]> {
  const { hits } = await search(index, { size: 100, ...body });
  return Array.isArray(hits) ? hits.map((hit) => String(isRecord(hit) ? hit.id : "")).sort() : [];
}

const stems = ["measur", "wind", "nation", "theor", "pon", "o", "the", "ça"];
const endings = ["", "s", "ing", "ed", "ality", "y", "ies", "ment"];
const word = fc.tuple(fc.constantFrom(...stems), fc.constantFrom(...endings)).map((parts) => parts.join(""));
const documents = fc.array(
  fc.record({ title: word, body: fc.array(word, { maxLength: 4 }).map((all) => all.join(" ")) }),
  {
    minLength: 1,
    maxLength: 40,
  },
);
const query = fc.record({
  query: fc.tuple(word, word, fc.nat(5)).map(([first, second, cut]) => `${first} ${second.slice(0, 1 + cut)}`),
  prefix: fc.boolean(),
  typos: fc.constantFrom("auto", 0, 1, 2),
  match: fc.constantFrom("any", "all"),
});

describe("words as they are typed", () => {
  it("stand for the same, and score alike, in every layout", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(documents, fc.array(query, { minLength: 5, maxLength: 10 }), async (bodies, queries) => {
        round++;
        const loaded = bodies.map((body, i) => ({ id: `d${i}`, ...body }));
        const answers = await Promise.all(
          layouts.map(async (shards) => {
            const index = `w${round}-${shards}`;
            await created(index, { shards });
            await cluster.load(index, loaded);
            const all: unknown[] = [];
            for (const body of queries) {
              const { hits, total, corrections, complete } = await search(index, body);
              all.push({ hits, total, corrections, complete });
            }
            await cluster.request("DELETE", `/v1/indexes/${index}`);
            return all;
          }),
        );
        for (const other of answers) expect(other).toEqual(answers[0]);
      }),
      { seed: 91, numRuns: 6 },
    );
  });

  it("find every document with a word from its first letter on", async () => {
    await created("typing", { shards: 3 });
    const words = ["anemometer", "anemia", "running", "ponies", "theory", "nationalities", "Łódź"];
    await cluster.load(
      "typing",
      words.map((title, i) => ({ id: `d${i}`, title })),
    );
    for (const [i, whole] of words.entries()) {
      for (let length = 1; length <= whole.length; length++) {
        const typed = whole.slice(0, length);
        expect(await found("typing", { query: typed, prefix: true }), typed).toContain(`d${i}`);
        expect(await found("typing", { query: `${typed}*` }), typed).toContain(`d${i}`);
      }
    }
    expect(await found("typing", { query: "anem", prefix: true })).toEqual(["d0", "d1"]);
    expect(await found("typing", { query: "anem" })).toEqual([]);
  });

  it("find a document from the first letter of a quotation on", async () => {
    await created("quoting", { shards: 3 });
    await cluster.load("quoting", [
      { id: "both", title: "fear of heights" },
      { id: "one", title: "fear itself" },
      { id: "none", title: "hats" },
    ]);
    const whole = '"fear of heights';
    for (let length = 2; length <= whole.length; length++) {
      const typed = whole.slice(0, length);
      expect((await found("quoting", { query: typed, prefix: true }))[0], typed).toBe("both");
    }
    expect(await found("quoting", { query: `${whole}"`, prefix: true })).toEqual(["both"]);
  });

  it("that are misspelt find what was meant, and the answer says so", async () => {
    const answer = await search("typing", { query: "anemomteer" });
    expect(answer.corrections).toEqual([{ from: "anemomteer", to: ["anemometer"] }]);
    expect(await found("typing", { query: "anemomteer" })).toEqual(["d0"]);
    expect(await found("typing", { query: "anemomteer", typos: 0 })).toEqual([]);
    expect(await search("typing", { query: "anemometer" })).not.toHaveProperty("corrections");
  });
});

describe("an index's own words", () => {
  it("has synonyms and stop words as it was told", async () => {
    await created("cars", { shards: 3, synonyms: [["car", "automobile"]], stopWords: ["red"] });
    await cluster.load("cars", [
      { id: "a", title: "a red car" },
      { id: "b", title: "two automobiles" },
      { id: "c", title: "the red lorry" },
    ]);
    expect(await found("cars", { query: "cars" })).toEqual(["a", "b"]);
    expect(await found("cars", { query: "lorry -car" })).toEqual(["c"]);
    expect(await found("cars", { query: "red" })).toEqual([]);
    expect(await found("cars", { query: "the" })).toEqual(["c"]);
  });

  it("refuses a synonym of several words rather than ignore it", async () => {
    const fields = { title: { type: "text" } };
    const settings = { fields, synonyms: [["usa", "united states"]] };
    const { status, body } = await cluster.request("PUT", "/v1/indexes/states", settings);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid_request", errors: [{ path: "/synonyms/0/1" }] });
  });

  it.each(["wi-fi", "two words", "!!"])("refuses the stop word %s, which no text has as one", async (word) => {
    const settings = { fields: { title: { type: "text" } }, stopWords: ["it's", word] };
    const { status, body } = await cluster.request("PUT", "/v1/indexes/stops", settings);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid_request", errors: [{ path: "/stopWords/1" }] });
  });
});

/** A sentence, other forms of its words, which find it, and words that are in it but carry nothing. */
const sentences: readonly [language: string, sentence: string, forms: string[], stops: string[]][] = [
  ["en", "The ponies were measuring winds", ["pony", "measured", "wind"], ["the"]],
  ["de", "Die Häuser der Städte sind schön", ["Haus", "hauser", "schöne"], ["der", "sind"]],
  ["fr", "L'école des chevaux nationaux", ["écoles", "ecole", "chevaux"], ["des"]],
  ["es", "Las canciones de los niños", ["canción", "cancion", "niño"], ["las", "los"]],
  ["it", "L'amica delle bambine cantava", ["amiche", "bambina", "cantare"], ["delle"]],
  ["pt", "As nações dos meninos", ["nações", "nacoes", "menino"], ["dos"]],
  ["nl", "De boeken van de kinderen", ["boek", "boeken"], ["van"]],
  ["sv", "Flickorna och husen", ["flicka", "husen"], ["och"]],
  ["ru", "Книги и города моей страны", ["книга", "города", "страна"], ["и"]],
  ["simple", "The ponies", ["ponies", "PONIES", "the"], []],
  ["cjk", "東京都の天気予報", ["東京", "天気", "予報", "京都"], []],
];

describe("languages", () => {
  it.each(sentences)("%s: %s", async (language, sentence, forms, stops) => {
    await created(`in-${language}`, { shards: 2, language });
    await cluster.load(`in-${language}`, [{ id: "a", title: sentence }]);
    for (const form of forms) expect(await found(`in-${language}`, { query: form, typos: 0 }), form).toEqual(["a"]);
    for (const stop of stops) expect(await found(`in-${language}`, { query: stop, typos: 0 }), stop).toEqual([]);
    expect(await found(`in-${language}`, { query: `"${sentence}"`, typos: 0 })).toEqual(["a"]);
  });
});

describe("a single ideograph", () => {
  it("is found, and excludes, wherever it stands", async () => {
    await created("cats", { shards: 2, language: "cjk" });
    const texts = ["黒い猫が好き", "私の猫", "猫", "汽车站", "黒い犬", "2024年度 予算", "2023 年"];
    await cluster.load(
      "cats",
      texts.map((title) => ({ id: title, title })),
    );
    const expected = (wanted: (title: string) => boolean): string[] => texts.filter(wanted).sort();
    const exact = (query: string, more = {}) => found("cats", { query, typos: 0, ...more });
    for (const sign of ["猫", "车", "站", "黒", "き", "年", "年度", "い猫が"]) {
      const holders = expected((title) => title.includes(sign));
      for (const query of [sign, `+${sign}`, `"${sign}"`, `${sign}*`])
        expect(await exact(query), query).toEqual(holders);
      expect(await exact(`-${sign}`)).toEqual(expected((title) => !title.includes(sign)));
    }
    expect(await exact("黒い 猫", { match: "all" })).toEqual(["黒い猫が好き"]);
    expect(await exact("猫黒")).toEqual([]);
    for (const phrase of ['"2024年"', '"2024年度"', '"年度 予算"', '"度 予"'])
      expect(await exact(phrase)).toEqual(["2024年度 予算"]);
    for (const phrase of ['"2024 度"', '"年 予算"', '"黒猫"', '"予 算"'])
      expect(await exact(phrase), phrase).toEqual([]);
    expect(await exact("-2024年")).toEqual(expected((title) => !title.includes("2024年")));
    const { hits } = await search("cats", { query: "+猫 好き", highlight: true, size: 1 });
    expect(hits).toMatchObject([{ highlights: { title: ["黒い<mark>猫</mark>が<mark>好き</mark>"] } }]);
  });
});

describe("an answer that is given again", () => {
  it("says so, is of its own request, and is gone when anything changed", async () => {
    await created("kept", { shards: 3 });
    await cluster.load("kept", [{ id: "a", title: "sea", body: "one" }]);
    const ask = (more: object = {}): Promise<Record<string, unknown>> => search("kept", { query: "sea", ...more });
    const first = await ask();
    const second = await ask();
    expect(first).not.toHaveProperty("cached");
    expect(second.cached).toBe(true);
    expect({ ...second, cached: 0, timing: 0, traceId: 0 }).toEqual({ ...first, cached: 0, timing: 0, traceId: 0 });
    expect(second.traceId).not.toBe(first.traceId);
    expect(second.timing).toMatchObject({ budgetMs: 20_000, planMs: 0 });
    expect(await ask({ cache: false })).not.toHaveProperty("cached");
    await cluster.load("kept", [{ id: "a", title: "sea", body: "two" }]);
    expect(await ask()).toMatchObject({ hits: [{ document: { body: "two" } }] });
    const token = await cluster.load("kept", [{ id: "b", title: "sea" }]);
    expect(await ask({ after: token })).toMatchObject({ total: { value: 2 } });
  });

  it("shows in the metrics", async () => {
    const text = await (await fetch(`${cluster.url}/metrics`)).text();
    expect(Number(/hedgerow_root_answers_total\{source="cache"\} (\d+)/.exec(text)?.[1])).toBeGreaterThan(0);
    expect(Number(/hedgerow_root_cache_bytes (\d+)/.exec(text)?.[1])).toBeGreaterThan(0);
  });
});
