import { afterAll, beforeAll, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { seededRandom } from "../../src/time.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 2 });
});

afterAll(() => cluster.close());

const words = ["wind", "sea", "fear", "height", "measure", "bee", "music", "stone"];

function documents(): object[] {
  const random = seededRandom(17);
  const text = (length: number): string =>
    Array.from({ length }, () => words[Math.floor(words.length * random.next() ** 3)]).join(" ");
  return Array.from({ length: 300 }, (_document, i) => ({
    id: `d${i}`,
    title: `${text(Math.floor(random.next() * 3))} rare${i % 120}`,
    body: text(1 + Math.floor(random.next() * 12)),
  }));
}

/** Some words stand everywhere, as most do, and some in two or three documents, as what people look for does. */
const queries = [...words, ...words.flatMap((word, i) => [`rare${i} ${word}`, `rare${i + 8}`, `+bee rare${i + 16}`])];

type Hit = { id: unknown; score: unknown; settled: unknown };
type Answer = { hits: Hit[]; complete: unknown };

async function answers(): Promise<Answer[]> {
  const found: Answer[] = [];
  for (const query of queries) {
    const { body } = await cluster.request("POST", "/v1/indexes/half/search", {
      query,
      size: 20,
      typos: 0,
      cache: false,
      budgetMs: 20_000,
    });
    const hits = Array.isArray(body.hits) ? body.hits.filter(isRecord) : [];
    found.push({ hits: hits.map(({ id, score, settled }) => ({ id, score, settled })), complete: body.complete });
  }
  return found;
}

it("with half of the shards gone, the hits that are called settled are those of the whole, in their places", async () => {
  const fields = { title: { type: "text", boost: 2 }, body: { type: "text" } };
  await cluster.request("PUT", "/v1/indexes/half", { fields, shards: 8, replicas: 1 });
  await cluster.load("half", documents());
  const whole = await answers();
  expect(whole.every(({ complete, hits }) => complete === true && hits.every(({ settled }) => settled === true))).toBe(
    true,
  );
  await cluster.stopLeaf(0);
  const partial = await answers();
  let settled = 0;
  partial.forEach(({ complete, hits }, i) => {
    expect(complete).toBe(false);
    hits.forEach((hit, rank) => {
      if (hit.settled !== true) return;
      settled++;
      expect(hit).toEqual(whole[i]?.hits[rank]);
    });
  });
  expect(settled).toBeGreaterThan(0);
  expect(partial.some(({ hits }) => hits.some((hit) => hit.settled === false))).toBe(true);
});
