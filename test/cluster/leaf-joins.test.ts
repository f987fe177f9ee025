import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRecord, type JsonAnswer } from "../support/cluster.ts";
import { type RoleHome, type RoleProcess, roleHome } from "../support/roles.ts";
import { askAtOnce, type StreamAnswer } from "../support/stream.ts";
import { eventually } from "../support/up.ts";
import { allReady, listOf, loadWords, type MappedShard, shardMap, wordDocuments } from "../support/word-index.ts";

const shards = 12;
const replicas = 2;
const settleMs = 60_000;

let home: RoleHome;
let root: RoleProcess;
let leaves: RoleProcess[];

function joining(place: number): Promise<RoleProcess> {
  return home.leaf(`leaf-${place}`, ["--join", root.url, "--zone", `zone-${place % 2}`]);
}

/** Four leaves that joined a root, and an index on them; the root takes off a leaf that was silent for `graceMs`. */
async function begin(graceMs: number): Promise<void> {
  const flags = ["--shards", String(shards), "--replicas", String(replicas), "--leaf-grace-ms", String(graceMs)];
  root = await home.root("root", flags);
  leaves = await Promise.all([1, 2, 3, 4].map(joining));
  await eventually("all have joined", async () => (await members()).every(({ connected }) => connected === true));
  await loadWords(root);
  await allReady(root, settleMs);
  await eventually("every word is weighed", async () => {
    const { body } = await root.request("POST", "/v1/indexes/demo/search", { cache: false });
    return asRecord(body.statistics).documents === wordDocuments.length;
  });
}

beforeEach(async () => {
  home = await roleHome();
});
afterEach(() => home.remove());

async function members(): Promise<Record<string, unknown>[]> {
  const found = listOf((await root.request("GET", "/v1/cluster")).body.members);
  return found.length < (leaves?.length ?? 0) ? [{ connected: false }] : found;
}

async function isSettled(): Promise<boolean> {
  const { body } = await root.request("GET", "/readyz");
  if (JSON.stringify(body) !== JSON.stringify({ status: "ready", moving: { arriving: 0, departing: 0 } })) return false;
  return (await shardMap(root)).every(({ states }) => states.every((state) => state === "ready"));
}

async function movingNow(): Promise<unknown> {
  return (await root.request("GET", "/readyz")).body.moving;
}

async function isAway(leaf: string): Promise<boolean> {
  return (await members()).some(({ name, state }) => name === leaf && state === "away");
}

/** Asks again and again while `work` goes on, and for a while after. */
async function duringQueries(work: () => Promise<void>): Promise<StreamAnswer[]> {
  let done = false;
  let left = 100;
  const query = { query: "common word3 text5", size: 20, budgetMs: 10_000, cache: false };
  const ask = (): Promise<JsonAnswer> => root.request("POST", "/v1/indexes/demo/search", query);
  const expected = await ask();
  const documents = wordDocuments.length;
  expect(expected).toMatchObject({ status: 200, body: { complete: true, statistics: { documents } } });
  const asking = askAtOnce(4, ask, () => done && left-- <= 0);
  await work().finally(() => {
    done = true;
  });
  const answers = await asking;
  const { hits, total } = expected.body;
  const whole = { status: 200, complete: true, coverage: 1, documents, hits, total };
  for (const { status, body } of answers) {
    const { complete, coverage, statistics } = body;
    const told = { coverage: asRecord(coverage).documents, documents: asRecord(statistics).documents };
    expect({ status, complete, ...told, hits: body.hits, total: body.total }).toEqual(whole);
  }
  return answers;
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function placesOf({ leaves: held }: MappedShard): string[] {
  return held.toSorted();
}

function leavesOf(map: readonly MappedShard[]): string[] {
  return map.flatMap((shard) => shard.leaves);
}

describe("a leaf that joins a running cluster", () => {
  it("takes over its share without a moment of less coverage, and is asked", async () => {
    await begin(600_000);
    const before = await shardMap(root);
    await duringQueries(async () => {
      leaves.push(await joining(5));
      await eventually("the new leaf serves", async () => leavesOf(await shardMap(root)).includes("leaf-5"), settleMs);
      await eventually("nothing moves any more", isSettled, settleMs);
    });
    const after = await shardMap(root);
    for (const { leaves: held } of after) expect(new Set(held).size).toBe(replicas);
    const share = leavesOf(after).filter((leaf) => leaf === "leaf-5").length;
    expect(share).toBeGreaterThanOrEqual(2);
    expect(share).toBeLessThanOrEqual(8);
    const stayed = after.flatMap(({ leaves: held }, shard) =>
      held.filter((leaf) => before[shard]?.leaves.includes(leaf)),
    );
    expect(stayed).toHaveLength(shards * replicas - share);
    const joined = (await root.request("GET", "/v1/cluster")).body;
    expect(JSON.stringify(joined.indexes)).toContain('"leaf":"leaf-5"');
    const metrics = await fetch(`${leaves[4]?.url}/metrics`);
    expect(await metrics.text()).toMatch(/hedgerow_leaf_searches_total\{outcome="complete"\} [1-9]/);
  });
});

describe("a leaf that is told to end", () => {
  it("has its replicas taken over first, even those that are nowhere else, and no query fails", async () => {
    await begin(600_000);
    const fields = { title: { type: "text" } };
    await root.request("PUT", "/v1/indexes/single", { fields, shards: 6, replicas: 1 });
    const written = await root.request("POST", "/v1/indexes/single/documents", wordDocuments);
    expect(written.body.accepted).toBe(wordDocuments.length);
    const single = (): Promise<JsonAnswer> =>
      root.request("POST", "/v1/indexes/single/search", { after: written.body.token, budgetMs: 10_000, cache: false });
    const whole = { status: 200, body: { complete: true, total: { value: wordDocuments.length } } };
    await eventually("all is found", async () => (await single()).body.complete === true, settleMs);
    expect(await single()).toMatchObject(whole);

    let code: number | null | undefined;
    await duringQueries(async () => {
      const ending = leaves[0]?.end("SIGTERM").then((ended) => {
        code = ended;
      });
      while (code === undefined) expect(await single()).toMatchObject(whole);
      await ending;
    });
    expect(code).toBe(0);
    expect(await single()).toMatchObject(whole);
    await eventually("it is off the list", async () => !(await members()).some(({ name }) => name === "leaf-1"));
    const after = await shardMap(root);
    expect(leavesOf(after)).not.toContain("leaf-1");
    for (const { leaves: held } of after) expect(new Set(held).size).toBe(replicas);
  });
});

describe("a leaf that dies", () => {
  it("keeps its place while it is away for a moment: nothing moves, and no query fails", async () => {
    await begin(600_000);
    const before = await shardMap(root);
    await duringQueries(async () => {
      await leaves[1]?.end("SIGKILL");
      await eventually("the root has noticed", () => isAway("leaf-2"));
      expect(await movingNow()).toEqual({ arriving: 0, departing: 0 });
      await leaves[1]?.start();
      await eventually("it serves again", isSettled, settleMs);
    });
    expect((await shardMap(root)).map(placesOf)).toEqual(before.map(placesOf));
  });

  it("loses its place when it stays away, and others take over", async () => {
    await begin(2_000);
    await duringQueries(async () => {
      await leaves[1]?.end("SIGKILL");
      leaves.splice(1, 1);
      const isReplaced = async (): Promise<boolean> =>
        !leavesOf(await shardMap(root)).includes("leaf-2") && (await isSettled());
      await eventually("others hold what it held", isReplaced, settleMs);
    });
    expect((await members()).map(({ name }) => name)).toEqual(["leaf-1", "leaf-3", "leaf-4"]);
    for (const { leaves: held } of await shardMap(root)) expect(new Set(held).size).toBe(replicas);
  });
});
