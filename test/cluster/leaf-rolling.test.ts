import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import type { JsonAnswer } from "../support/cluster.ts";
import { type RoleHome, type RoleProcess, roleHome } from "../support/roles.ts";
import { askAtOnce } from "../support/stream.ts";
import { eventually } from "../support/up.ts";
import { allWeighed, loadWords, shardMap } from "../support/word-index.ts";

const settleMs = 60_000;
/** Two dozen starts of processes, on a machine that may be slow. */
const wholeMsMax = 300_000;
const query = { query: "common word3 text5", size: 20, budgetMs: 10_000, cache: false };

describe.runIf(hasNatsServer("a rolling restart of two roots and their leaves"))("a cluster of two roots", () => {
  let server: NatsServer;
  let home: RoleHome;
  let roots: RoleProcess[];
  let leaves: RoleProcess[];
  /** The roots that clients go to now. */
  let open: RoleProcess[];

  beforeAll(async () => {
    server = await startNatsServer();
    home = await roleHome();
    const log = ["--log", server.url, "--accept-unsynced-log", "--shards", "6", "--leaf-grace-ms", "600000"];
    roots = [await home.root("root-1", log), await home.root("root-2", log)];
    open = [...roots];
    const join = roots.map(({ url }) => url).join(",");
    // They are back in a moment: nothing is to move for that.
    const flags = ["--join", join, "--drain-ms", "0"];
    leaves = await Promise.all([1, 2, 3].map((place) => home.leaf(`leaf-${place}`, flags)));
    for (const root of roots) await eventually("all have joined", async () => (await connected(root)) === 3, settleMs);
    const [first] = roots;
    if (first !== undefined) await loadWords(first);
    for (const root of roots) await eventually("all serve", () => isWhole(root), settleMs);
    for (const root of roots) await allWeighed(root, settleMs);
  }, wholeMsMax);
  afterAll(async () => {
    await home.remove();
    await server.remove();
  });

  async function connected(root: RoleProcess): Promise<number> {
    const { body } = await root.request("GET", "/v1/cluster");
    return JSON.stringify(body.members).split('"state":"connected"').length - 1;
  }

  async function isWhole(root: RoleProcess): Promise<boolean> {
    const ready = await root.request("GET", "/readyz").catch(() => undefined);
    if (ready?.status !== 200 || (await connected(root)) !== leaves.length) return false;
    const map = await shardMap(root);
    return map.length === 6 && map.every(({ states }) => states.join() === "ready,ready");
  }

  async function restart(one: RoleProcess): Promise<void> {
    expect(await one.end("SIGTERM")).toBe(0);
    await one.start();
    for (const root of roots) await eventually("all serve again", () => isWhole(root), settleMs);
  }

  async function restartAll(): Promise<void> {
    for (const leaf of leaves) await restart(leaf);
    for (const root of roots) {
      open = roots.filter((other) => other !== root);
      await restart(root);
      open = [...roots];
    }
  }

  /** Asks both roots again and again while `work` goes on; every answer must be whole and the same. */
  async function duringQueries(work: () => Promise<void>): Promise<void> {
    const expected = await roots[0]?.request("POST", "/v1/indexes/demo/search", query);
    expect(expected).toMatchObject({ status: 200, body: { complete: true, coverage: { documents: 1 } } });
    let done = false;
    const ask = (count: number): Promise<JsonAnswer> => {
      const root = open[count % open.length];
      if (root === undefined) throw new Error("no root is open");
      return root.request("POST", "/v1/indexes/demo/search", query);
    };
    const asking = askAtOnce(4, ask, () => done);
    const working = work().finally(() => {
      done = true;
    });
    const [answers] = await Promise.all([asking, working]);
    expect(answers.length).toBeGreaterThan(20);
    for (const { status, body } of answers) {
      const { complete, hits, total } = body;
      const wanted = { status: 200, complete: true, hits: expected?.body.hits, total: expected?.body.total };
      expect({ status, complete, hits, total }).toEqual(wanted);
    }
  }

  async function places(): Promise<string[][][]> {
    const maps = await Promise.all(roots.map(shardMap));
    return maps.map((map) => map.map((shard) => shard.leaves.toSorted()));
  }

  it("restarts one after the other: no query fails, and no replica moves", { timeout: wholeMsMax }, async () => {
    const before = await places();
    await duringQueries(restartAll);
    expect(await places()).toEqual(before);
  });

  it("takes in one more leaf and lets it go again, alike on both roots", { timeout: wholeMsMax }, async () => {
    const before = await places();
    const agree = async (): Promise<boolean> => {
      const [one, two] = await places();
      return JSON.stringify(one) === JSON.stringify(two) && (await Promise.all(roots.map(isWhole))).every(Boolean);
    };
    await duringQueries(async () => {
      // It speaks to one root; the other hears of it through the log.
      leaves.push(await home.leaf("leaf-4", ["--join", roots[0]?.url ?? "", "--drain-ms", "60000"]));
      for (const root of roots)
        await eventually(
          "it holds some",
          async () => JSON.stringify(await shardMap(root)).includes("leaf-4"),
          settleMs,
        );
      await eventually("both see the same", agree, settleMs);
      expect(await leaves.pop()?.end("SIGTERM")).toBe(0);
      await eventually("both see the same again", agree, settleMs);
    });
    expect(await places()).toEqual(before);
    const written = await roots[1]?.request("PUT", "/v1/indexes/demo/documents/new", { title: "common again" });
    expect(written?.status).toBe(201);
  });
});
