import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoDocument, demoDocuments, demoSettings } from "../../data/corpus.ts";
import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { seededRandom } from "../../src/time.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { FullText } from "./full-text.ts";
import { type TaggedQuery, taggedQueries, tags } from "./tagged-queries.ts";

const queriesPerTag = 150;
const batch = 10_000;

const analyzer = createAnalyzer(demoSettings);
let cluster: TestCluster;
let documents: DemoDocument[];
let fullText: FullText;

beforeAll(async () => {
  documents = [...demoDocuments()];
  fullText = new FullText(documents, analyzer);
  cluster = await startCluster({ leaves: 2 });
  await cluster.request("PUT", "/v1/indexes/demo", { ...demoSettings, shards: 3, replicas: 1 });
  for (let from = 0; from < documents.length; from += batch) {
    await cluster.load("demo", documents.slice(from, from + batch));
  }
}, 300_000);

afterAll(async () => {
  await cluster.close();
  fullText.close();
});

/** What differs between the cluster's answer and the oracle's; nothing where they agree. */
async function mismatch({ body, expression, corrected, isCut = false }: TaggedQuery): Promise<unknown> {
  const answer = await cluster.request("POST", "/v1/indexes/demo/search", { ...body, size: 0, budgetMs: 20_000 });
  const expected = {
    complete: true,
    total: { value: fullText.count(expression), exact: !isCut },
    ...(corrected === undefined || corrected.length === 0
      ? {}
      : { corrections: [{ from: body.query, to: corrected }] }),
  };
  const { complete, total, corrections } = answer.body;
  if (answer.status !== 200) return { body, expression, expected, actual: answer };
  const actual = { complete, total, ...(corrections === undefined ? {} : { corrections }) };
  return JSON.stringify(actual) === JSON.stringify(expected) ? undefined : { body, expression, expected, actual };
}

describe("counts over the demo corpus are those of SQLite's FTS5", () => {
  it.each(tags)("%s", async (tag) => {
    const random = seededRandom(1000 + tags.indexOf(tag));
    const queries = taggedQueries(tag, queriesPerTag, { documents, analyzer, fullText, random });
    const mismatches: unknown[] = [];
    let matched = 0;
    for (const query of queries) {
      const wrong = await mismatch(query);
      if (wrong !== undefined) mismatches.push(wrong);
      if (fullText.count(query.expression) > 0) matched++;
    }
    expect(mismatches).toEqual([]);
    expect(matched).toBeGreaterThan(queriesPerTag / 2);
  });
});
