import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasNatsServer } from "../../../../load/bench/nats-server.ts";
import { withChildren } from "../../../../load/bench/peers/processes.ts";
import { type Part, parts, quickSizes } from "../../../../load/bench/scale/sizes.ts";
import { asList, asNumber, asRecord } from "../../../../src/command/answers.ts";
import { sleep } from "../../../../src/time.ts";

const program = fileURLToPath(new URL("../../../../load/bench/main.ts", import.meta.url));
/** Clusters are started and filled: seconds each, or minutes on a machine that is busy with other things. */
const slow = { timeout: 400_000 };

/** Where the program keeps its files, so that what it leaves is seen. */
let temporary = "";
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), "hedgerow-scale-test-"));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

type Ended = { code: number | null; stdout: string; stderr: string };

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, "scale", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, TMPDIR: temporary, ...env },
  });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => {
      said[stream] += chunk.toString();
    });
  }
  return { child, ended: once(child, "close").then(() => ({ code: child.exitCode, ...said })) };
}

/** The server that this test was given. */
const { NATS_SERVER: named } = process.env;
const server = named === undefined ? {} : { NATS_SERVER: named };

const here = hasNatsServer("several roots before the same leaves") ? parts : parts.filter((part) => part !== "roots");

describe("npm run bench -- scale --quick", () => {
  test.each(here)("measures %s in real processes and leaves none", slow, async (part: Part) => {
    const { code, stdout, stderr } = await start(["--quick", "--json", "--part", part], server).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const said = asRecord(JSON.parse(stdout));
    const [only, ...others] = asList(said.parts).map(asRecord);
    expect([only?.part, others, said.missing]).toEqual([part, [], []]);
    const rows = asList(only?.rows).map(asRecord);
    expect(rows.map((row) => row[part])).toEqual(quickSizes[part].counts);
    for (const row of rows) {
      const loading = asRecord(row.loading);
      const figures = [row.queriesPerSecond, row.p50Ms, row.rootMsPerQuery, row.leafMsPerQuery, row.driverMsPerQuery];
      for (const figure of [...figures, loading.documentsPerSecond, loading.leafMsPerDocument]) {
        expect(asNumber(figure)).toBeGreaterThan(0);
      }
      expect(asNumber(row.notWholeShare)).toBe(0);
    }
    expect(asList(only?.conclusions)).not.toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("ends what it has started when it is interrupted", slow, async () => {
    const { child, ended } = start(["--quick", "--part", "shards"]);
    let pids: number[] = [];
    // Itself, the leaves, and the root: it is loading by then, or about to.
    while (pids.length < 1 + quickSizes.leaves + 1) {
      await sleep(20);
      pids = await withChildren([child.pid ?? 0]);
    }
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: "bench: stopped by SIGTERM\n" });
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("says loudly that several roots were not measured where there is no server for their log", async () => {
    const { code, stdout, stderr } = await start(["--quick", "--json", "--part", "roots"], { PATH: temporary }).ended;
    expect(code).toBe(0);
    expect(stderr).toContain("NOT RUN: several roots");
    expect(JSON.parse(stdout)).toMatchObject({ parts: [], missing: [{ kind: "lacking", part: "roots" }] });
  });

  test("ends with 1 and says why where a part fails", async () => {
    const nowhere = join(temporary, "nowhere");
    const { code, stdout, stderr } = await start(["--quick", "--part", "shards"], { TMPDIR: nowhere }).ended;
    expect(code).toBe(1);
    for (const said of [stdout, stderr]) expect(said).toMatch(/NOT RUN: shards: ENOENT.*nowhere/);
  });

  test("ends with 2 and says what fits where a flag does not", async () => {
    const { code, stderr } = await start(["--part", "leaves"]).ended;
    expect(code).toBe(2);
    expect(stderr).toContain("--part must be one of shards, documents, replicas, roots");
    expect(stderr).toContain("[--documents-max VALUE] [--quick]");
  });
});
