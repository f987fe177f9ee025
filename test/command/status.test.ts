import { afterEach, describe, expect, it } from "vitest";
import { run } from "../../src/command/status.ts";
import { listeningIo, type StubService, startStub } from "../support/stub-service.ts";

let stub: StubService | undefined;
afterEach(async () => stub?.close());

const speed = (count: number, p50Ms: number, p99Ms: number) => {
  const summary = { count, p50Ms, p95Ms: p99Ms, p99Ms, p999Ms: p99Ms };
  return { "10s": { ...summary, count: 0 }, "1m": summary, "5m": summary };
};

const cluster = {
  root: "root",
  members: [
    { name: "leaf-1", zone: "zone-a", url: "http://h:1", connected: true, rttMs: 0.21, inflight: 2, trouble: null },
    { name: "leaf-22", zone: null, url: "http://h:2", connected: false, rttMs: null, inflight: 0, trouble: "refused" },
  ],
  indexes: [
    {
      index: "demo",
      statistics: { epoch: "e", documents: 117_791 },
      shards: [
        {
          shard: 0,
          documents: 29_325,
          latencyMs: speed(5, 1, 2),
          replicas: [
            { leaf: "leaf-1", zone: "zone-a", state: "ready", sequence: 9, inflight: 1, latencyMs: speed(5, 1.26, 3) },
            { leaf: "leaf-22", zone: null, state: "unreachable", sequence: 0, inflight: 0, latencyMs: speed(0, 0, 0) },
          ],
        },
        { shard: 1, documents: 4, latencyMs: speed(0, 0, 0), replicas: [] },
      ],
    },
  ],
  latencyMs: speed(1234, 1.5, 12.25),
  hedging: { rate: 0.0123, budgetLeft: 9 },
};

async function status(args: string[], json: unknown = cluster) {
  stub = await startStub(({ path }) => (path === "/v1/cluster" ? { json } : { status: 404 }));
  const io = listeningIo({ env: { HEDGEROW_URL: `${stub.url}/` } });
  return { code: await run(args, io), out: io.out(), err: io.err() };
}

describe("hedgerow status", () => {
  it("shows searches, leaves, and every replica with its state and speed", async () => {
    const { code, out } = await status([]);
    expect(code).toBe(0);
    expect(out.split("\n")).toEqual([
      `${stub?.url}  1,234 searches in the last minute: p50 1.5 ms, p99 12.3 ms, p99.9 12.3 ms, 1.2 % hedged since the start`,
      "",
      "LEAF     ZONE    STATE                 IN FLIGHT     RTT  URL",
      "leaf-1   zone-a  connected                     2  0.2 ms  http://h:1",
      "leaf-22  -       unreachable: refused          0       -  http://h:2",
      "",
      "INDEX  SHARD  DOCUMENTS  LEAF     ZONE    STATE        SEQUENCE  IN FLIGHT     P50     P99",
      "demo       0     29,325  leaf-1   zone-a  ready               9          1  1.3 ms  3.0 ms",
      "demo       0     29,325  leaf-22  -       unreachable         0          0       -       -",
      "demo       1          4  -        -       no replica          -          -       -       -",
      "",
    ]);
  });

  it("shows which leaves are leaving or about to be taken off, and which replicas are on their way", async () => {
    const leaf = { zone: null, url: "http://h", rttMs: null, inflight: 0, trouble: null };
    const members = [
      { ...leaf, name: "a", state: "leaving", connected: true, replicas: { departing: 3, staying: 0 }, leaseMs: 9000 },
      { ...leaf, name: "b", state: "away", connected: false, trouble: "refused", leaseMs: 12_345, replicas: {} },
      {
        ...leaf,
        name: "c",
        state: "connected",
        connected: true,
        replicas: { departing: 1, staying: 5 },
        leaseMs: 9000,
      },
    ];
    const replica = { zone: null, sequence: 1, inflight: 0, latencyMs: speed(0, 0, 0) };
    const replicas = [
      { ...replica, leaf: "a", state: "ready", place: "departing" },
      { ...replica, leaf: "b", state: "unreachable", place: "settled" },
      { ...replica, leaf: "c", state: "catching-up", place: "arriving" },
    ];
    const indexes = [{ index: "demo", shards: [{ shard: 0, documents: 1, latencyMs: speed(0, 0, 0), replicas }] }];
    const { out } = await status([], { ...cluster, members, indexes });
    const shown = out.split("\n").map((line) => line.split("  ").filter((cell) => cell.trim() !== ""));
    const states = shown.map((cells) => cells.map((cell) => cell.trim()));
    expect(states.slice(3, 6).map((cells) => cells[2])).toEqual([
      "leaving, 3 to move",
      "unreachable, taken off in 13 s: refused",
      "connected",
    ]);
    expect(states.slice(8, 11).map((cells) => cells[5])).toEqual([
      "ready, departing",
      "unreachable",
      "catching-up, arriving",
    ]);
  });

  it("says when there was nothing to measure and nothing to list", async () => {
    const { code, out } = await status([], { members: [], indexes: [], latencyMs: speed(0, 0, 0), hedging: {} });
    expect(code).toBe(0);
    expect(out).toContain("no searches in the last minute");
    expect(out).toContain("no indexes");
  });

  it("counts one search as one", async () => {
    const { out } = await status([], { ...cluster, latencyMs: speed(1, 1.5, 1.5) });
    expect(out).toContain("  1 search in the last minute: ");
  });

  it("prints what the service said with --json", async () => {
    const { code, out } = await status(["--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(cluster);
  });

  it("takes no words", async () => {
    const { code, err } = await status(["demo"]);
    expect(code).toBe(2);
    expect(err).toContain('"demo"');
  });
});
