import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askAtOnce } from "../support/stream.ts";
import { eventually, startUp, type UpCluster } from "../support/up.ts";
import { allReady, leafPids, listOf, loadWords, shardMap, wordDocuments, wordQuery } from "../support/word-index.ts";

const callers = 8;
/** Enough answers that hedging knows the shards' latencies. */
const warmUp = 400;

let cluster: UpCluster;

beforeAll(async () => {
  cluster = await startUp(["--no-demo", "--leaves", "4", "--shards", "4", "--replicas", "2", "--zones", "1"]);
  await loadWords(cluster);
  await askAtOnce(
    callers,
    () => search(wordQuery),
    (answered) => answered >= warmUp,
  );
});

afterAll(async () => {
  expect(await cluster.stop()).toBe(0);
});

function search(body: object): ReturnType<UpCluster["request"]> {
  return cluster.request("POST", "/v1/indexes/demo/search", body);
}

async function stopped<T>(leaves: readonly string[], run: () => Promise<T>): Promise<T> {
  const pids = await leafPids(cluster, leaves);
  expect(pids).toHaveLength(leaves.length);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  try {
    return await run();
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
}

describe("a leaf that hangs", () => {
  it("costs no query while each of its shards has another replica", async () => {
    const expected = await search(wordQuery);
    const answers = await stopped(["leaf-2"], () =>
      askAtOnce(
        callers,
        () => search(wordQuery),
        (answered) => answered >= 1000,
      ),
    );
    for (const { status, body } of answers) {
      expect({ status, complete: body.complete, hits: body.hits, total: body.total }).toEqual({
        status: 200,
        complete: true,
        hits: expected.body.hits,
        total: expected.body.total,
      });
    }
    await allReady(cluster);
  });

  it("is told of in the answer where it held a shard's last replica, and is back by itself", async () => {
    const before = await shardMap(cluster);
    const held = before[0]?.leaves ?? [];
    const lost = before.map(({ leaves }) => leaves.every((leaf) => held.includes(leaf)));
    const found = before.reduce((sum, { documents }, shard) => sum + (lost[shard] === true ? 0 : documents), 0);
    const missing = lost.filter(Boolean).length;
    await stopped(held, async () => {
      for (let i = 0; i < 5; i++) {
        const { status, body } = await search({ ...wordQuery, budgetMs: 800 });
        expect(status).toBe(200);
        expect(body).toMatchObject({
          complete: false,
          coverage: { documents: found / wordDocuments.length, shards: { total: before.length, missing } },
        });
        const outcomes = listOf(body.shards).map(({ outcome }) => outcome !== "complete");
        expect(outcomes).toEqual(lost);
      }
      const strict = await search({ ...wordQuery, budgetMs: 800, minCoverage: 1 });
      expect(strict).toMatchObject({
        status: 503,
        body: { code: "insufficient_coverage", coverage: { shards: { missing } } },
      });
      const modest = await search({ ...wordQuery, budgetMs: 800, minCoverage: found / wordDocuments.length / 2 });
      expect(modest.status).toBe(200);
    });
    await eventually("all shards answer again", async () => (await search(wordQuery)).body.complete === true);
  });
});
