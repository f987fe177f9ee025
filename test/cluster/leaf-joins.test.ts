import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import type { JsonAnswer } from "../support/cluster.ts";
import { type RoleHome, type RoleProcess, roleHome } from "../support/roles.ts";
import { askAtOnce, type StreamAnswer } from "../support/stream.ts";
import { eventually } from "../support/up.ts";
import {
  allReady,
  allWeighed,
  listOf,
  loadWords,
  type MappedShard,
  shardMap,
  wordDocuments,
} from "../support/word-index.ts";

const shards = 12;
const replicas = 2;
const settleMs = 60_000;
const startMsMax = 300_000;

let home: RoleHome;
let root: RoleProcess;
let leaves: RoleProcess[];

function joining(place: number): Promise<RoleProcess> {
  return home.leaf(`leaf-${place}`, ["--join", root.url, "--zone", `zone-${place % 2}`]);
}

/** Four leaves that joined a root, and an index on them; the root takes off a leaf that was silent for `graceMs`. */
async function begin(graceMs: number): Promise<void> {
  home = await roleHome();
  const flags = ["--shards", String(shards), "--replicas", String(replicas), "--leaf-grace-ms", String(graceMs)];
  root = await home.root("root", flags);
  leaves = await Promise.all([1, 2, 3, 4].map(joining));
  await eventually("all have joined", async () => {
    const joined = await members();
    return joined.length === leaves.length && joined.every(({ state }) => state === "connected");
  });
  await loadWords(root);
  await allReady(root, settleMs);
  await allWeighed(root, settleMs);
}

async function members(): Promise<Record<string, unknown>[]> {
  return listOf((await root.request("GET", "/v1/cluster")).body.members);
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
  const working = work().finally(() => {
    done = true;
  });
  const [answers] = await Promise.all([asking, working]);
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

describe("leaves that come and go under queries", () => {
  beforeAll(() => begin(600_000), startMsMax);
  afterAll(() => home.remove());

  it("take over their share when they join, without a moment of less coverage, and are asked", async () => {
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

  it("have their replicas taken over first when they are told to end, even those that are nowhere else", async () => {
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

  it("keep their places when they die and are back in a moment: nothing moves, and no query fails", async () => {
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
});

describe("a leaf that dies and stays away", () => {
  beforeAll(() => begin(2_000), startMsMax);
  afterAll(() => home.remove());

  it("loses its place, and others take over", async () => {
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
