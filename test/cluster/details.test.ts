import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Explanation } from "../../src/protocol/explanation.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

const documents = [
  {
    id: "1",
    title: "Anemometer",
    body: 'a gauge for measuring the <b>speed</b> & "direction" of wind',
    tags: "wind",
    year: 1,
  },
  { id: "2", title: "Wind speeds", body: ["sails", "speed of the wind", "it's windy: 5 > 4"], year: 2 },
  { id: "3", title: "Kite", body: "flies in moderate winds", year: 3 },
  { id: "4", title: "Stone", body: "does not fly", year: 4 },
];

beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
  const fields = {
    title: { type: "text", boost: 3 },
    body: { type: "text" },
    tags: { type: "keyword" },
    year: { type: "number" },
  };
  await cluster.request("PUT", "/v1/indexes/gauges", { fields, shards: 3, replicas: 2 });
  await cluster.load("gauges", documents);
});

afterAll(() => cluster.close());

async function hitsOf(body: object): Promise<Record<string, unknown>[]> {
  const answer = await cluster.request("POST", "/v1/indexes/gauges/search", { budgetMs: 10_000, ...body });
  expect(answer.status).toBe(200);
  return Array.isArray(answer.body.hits) ? answer.body.hits.filter(isRecord) : [];
}

const highlightsOf = async (body: object) =>
  Object.fromEntries((await hitsOf(body)).map(({ id, highlights }) => [id, highlights]));

describe("highlights", () => {
  it("mark stems, phrases and prefixes as they stand, and escape all else", async () => {
    expect(await highlightsOf({ query: '"speed of the wind" measure', highlight: true })).toEqual({
      1: {
        body: ["a gauge for <mark>measuring</mark> the &lt;b&gt;speed&lt;/b&gt; &amp; &quot;direction&quot; of wind"],
      },
      2: { body: ["<mark>speed of the wind</mark>"] },
    });
    expect(await highlightsOf({ query: "wind*", highlight: true })).toEqual({
      1: {
        body: ["a gauge for measuring the &lt;b&gt;speed&lt;/b&gt; &amp; &quot;direction&quot; of <mark>wind</mark>"],
      },
      2: {
        title: ["<mark>Wind</mark> speeds"],
        body: ["speed of the <mark>wind</mark>", "it&#39;s <mark>windy</mark>: 5 &gt; 4"],
      },
      3: { body: ["flies in moderate <mark>winds</mark>"] },
    });
  });

  it("mark what a misspelt word was taken for", async () => {
    expect(await highlightsOf({ query: "anemometr", highlight: ["title"] })).toEqual({
      1: { title: ["<mark>Anemometer</mark>"] },
    });
  });

  it("come for the fields asked for, and not at all unless asked for", async () => {
    expect(await highlightsOf({ query: "speed", highlight: ["title"] })).toEqual({
      1: {},
      2: { title: ["Wind <mark>speeds</mark>"] },
    });
    expect(await highlightsOf({ query: "title:speed", highlight: true, returned: [] })).toEqual({
      2: { title: ["Wind <mark>speeds</mark>"] },
    });
    for (const highlight of [false, []]) {
      for (const hit of await hitsOf({ query: "speed", highlight })) expect(hit).not.toHaveProperty("highlights");
    }
    const address = "/v1/indexes/gauges/search?q=speed&budgetMs=10000";
    for (const [asked, isMarked] of [
      ["title,body", true],
      ["true", true],
      ["1", true],
      ["0", false],
    ] as const) {
      const answer = await cluster.request("GET", `${address}&highlight=${asked}`);
      expect(JSON.stringify(answer.body.hits).includes("<mark>speeds</mark>"), asked).toBe(isMarked);
    }
  });
});

describe("an explanation", () => {
  it("has the arithmetic of the score as it came over the wire", async () => {
    const hits = await hitsOf({ query: '+wind speed "speed of the wind" -stone', explain: true });
    expect(hits.map(({ id }) => id).sort()).toEqual(["1", "2", "3"]);
    for (const hit of hits) {
      const explanation = explanationIn(hit);
      const { k1, b, clauses } = explanation;
      let score = 0;
      for (const { kind, terms } of clauses) {
        const values = terms.map(({ weight, fields }) => {
          let w = 0;
          for (const { boost, frequency, length, averageLength } of fields) {
            w += (boost * frequency) / (1 - b + (b * length) / averageLength);
          }
          return weight * (w / (k1 + w));
        });
        score += kind === "phrase" ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
      }
      expect(score).toBe(hit.score);
    }
    expect(
      hits.map((hit) =>
        explanationIn(hit)
          .clauses.map(({ kind }) => kind)
          .sort(),
      ),
    ).toContainEqual(["phrase", "word", "word"]);
  });

  it("is empty where nothing was asked for, and absent unless asked for", async () => {
    for (const hit of await hitsOf({ explain: true })) {
      expect(hit.explanation).toMatchObject({ score: 0, clauses: [] });
    }
    for (const hit of await hitsOf({ query: "wind" })) expect(hit).not.toHaveProperty("explanation");
  });
});

function explanationIn({ explanation }: Record<string, unknown>): Explanation {
  if (!isExplanation(explanation)) throw new Error(`no explanation: ${JSON.stringify(explanation)}`);
  return explanation;
}

function isExplanation(value: unknown): value is Explanation {
  return isRecord(value) && Array.isArray(value.clauses) && typeof value.k1 === "number" && typeof value.b === "number";
}

describe("a request for details that does not fit", () => {
  const search = "/v1/indexes/gauges/search";
  const rows: [method: string, path: string, body: unknown, names: string][] = [
    ["POST", search, { query: "a", highlight: ["nowhere"] }, "/highlight/0"],
    ["POST", search, { query: "a", highlight: ["title", "year"] }, "/highlight/1"],
    ["POST", search, { query: "a", highlight: ["tags"] }, "tags"],
    ["POST", search, { query: "a", highlight: "title" }, "/highlight"],
    ["POST", search, { query: "a", highlight: 1 }, "/highlight"],
    ["POST", search, { query: "a", highlight: [""] }, "/highlight"],
    ["POST", search, { query: "a", highlight: new Array(101).fill("title") }, "/highlight"],
    ["POST", search, { query: "a", explain: "yes" }, "/explain"],
    ["POST", search, { query: "a", explain: 1 }, "/explain"],
    ["GET", `${search}?q=a&highlight=nowhere`, undefined, "nowhere"],
    ["GET", `${search}?q=a&explain=maybe`, undefined, "/explain"],
  ];
  it.each(rows)("%s %s %j", async (method, path, body, names) => {
    const answer = await cluster.request(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe("invalid_request");
    expect(JSON.stringify(answer.body)).toContain(names);
  });
});
