import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 3 });
});

afterAll(() => cluster.close());

const layouts = [1, 2, 3, 8];
const words = ["wind", "sea", "fear", "height", "measure", "instrument", "bee", "music", "C++", "münchen", "漢字"];

const text = fc.array(fc.constantFrom(...words), { maxLength: 8 }).map((all) => all.join(" "));
const document = fc.record({ id: fc.integer({ min: 0, max: 40 }).map((n) => `d${n}`), title: text, body: text });
const queryWord = fc.tuple(
  fc.constantFrom("", "", "", "+", "-"),
  fc.constantFrom("", "", "title:"),
  fc.constantFrom(...words),
);
const query = fc.record({
  query: fc.array(queryWord, { maxLength: 5 }).map((all) => all.map((parts) => parts.join("")).join(" ")),
  match: fc.constantFrom("any", "all", 50),
  size: fc.integer({ min: 1, max: 50 }),
  from: fc.nat(5),
});

describe("the layout", () => {
  it("never changes ids, order, scores, totals or the epoch, whatever was updated and deleted on the way", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(document, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 5 }),
        fc.array(query, { minLength: 3, maxLength: 6 }),
        async (batches, deleted, queries) => {
          round++;
          const answers = await Promise.all(
            layouts.map((shards) => answersOf(`r${round}-${shards}`, shards, { batches, deleted, queries })),
          );
          for (const other of answers) expect(other).toEqual(answers[0]);
        },
      ),
      { seed: 51, numRuns: 12 },
    );
  });
});

type Work = { batches: object[][]; deleted: number[]; queries: object[] };

async function answersOf(index: string, shards: number, { batches, deleted, queries }: Work): Promise<unknown[]> {
  const fields = { title: { type: "text", boost: 2.5 }, body: { type: "text" } };
  const created = await cluster.request("PUT", `/v1/indexes/${index}`, { fields, shards, replicas: 2 });
  expect(created.status).toBe(201);
  for (const batch of batches) await cluster.load(index, batch);
  for (const id of deleted) await cluster.request("DELETE", `/v1/indexes/${index}/documents/d${id}`);
  const last = await cluster.load(index, [{ id: "last", title: "sea" }]);
  const answers: unknown[] = [];
  for (const body of queries) {
    const answer = await cluster.request("POST", `/v1/indexes/${index}/search`, {
      ...body,
      after: last,
      budgetMs: 20_000,
    });
    const { hits, total, complete, statistics } = answer.body;
    answers.push({ hits, total, complete, statistics });
  }
  await cluster.request("DELETE", `/v1/indexes/${index}`);
  return answers;
}
