import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { sleep } from "../../src/time.ts";
import { ndjson, requestTo } from "../support/cluster.ts";
import { said } from "../support/said.ts";
import { eventually } from "../support/up.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("a leaf's memory", () => {
  it("is not outgrown: documents are refused before, by name, and what is there can still be found", async () => {
    const limitBytes = 132 * 1024 * 1024;
    const leaf = await startProcess("leaf", ["--memory-bytes-max", String(limitBytes)]);
    const root = await startProcess("root", [
      "--leaf-urls",
      `only=${leaf.url}`,
      "--shards",
      "1",
      "--replicas",
      "1",
      "--cache-bytes-max",
      "0",
    ]);
    closing.push(leaf.stop, root.stop);
    const ask = requestTo(root.url);
    await ask("PUT", "/v1/indexes/books", { fields: { title: { type: "text" }, body: { type: "text" } } });
    let refusal: { status: number; body: Record<string, unknown> } | undefined;
    let accepted = 0;
    for (let batch = 0; batch < 300 && refusal === undefined; batch++) {
      const lines = Array.from({ length: 200 }, (_, i) => {
        const id = `${batch}-${i}`;
        return JSON.stringify({ id, title: `wind ${id}`, body: `${id} words of its own `.repeat(60) });
      });
      const answer = await ask("POST", "/v1/indexes/books/documents", ndjson(lines.join("\n")));
      if (answer.status === 200) accepted += 200;
      else refusal = answer;
    }
    expect(refusal?.status).toBe(503);
    expect(refusal?.body.code).toBe("storage_unavailable");
    expect(refusal?.body.detail).toContain("--memory-bytes-max");
    expect(accepted).toBeGreaterThan(0);
    const { status, body } = await ask("POST", "/v1/indexes/books/search", { query: "wind", budgetMs: 10_000 });
    expect([status, body.complete]).toEqual([200, true]);
    expect(peakBytes(leaf.pid)).toBeLessThan(3 * limitBytes);
    expect((await ask("DELETE", "/v1/indexes/books")).status).toBe(200);
  });
});

describe("a process", () => {
  it("refuses connections before it runs out of descriptors, and takes them again afterwards", async () => {
    const leaf = await startProcess("leaf", []);
    const root = await startProcess("root", ["--leaf-urls", `only=${leaf.url}`, "--shards", "1", "--replicas", "1"], {
      openFiles: 96,
    });
    closing.push(leaf.stop, root.stop);
    const ask = requestTo(root.url);
    const fields = { title: { type: "text" } };
    expect((await ask("PUT", "/v1/indexes/books", { fields })).status).toBe(201);
    const port = Number(new URL(root.url).port);
    const crowd = Array.from({ length: 400 }, () => connect(port, "127.0.0.1"));
    for (const socket of crowd) socket.on("error", () => undefined);
    await sleep(500);
    const [first] = crowd.filter(({ destroyed, readyState }) => !destroyed && readyState === "open");
    expect(first).toBeDefined();
    const answer = first === undefined ? Promise.resolve("") : said(first);
    first?.write("GET /v1/indexes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect(await answer).toContain("200 OK");
    const dropped = crowd.filter(({ destroyed, closed }) => destroyed || closed).length;
    expect(dropped).toBeGreaterThan(200);
    for (const socket of crowd) socket.destroy();
    await eventually("it takes connections again", async () => {
      const found = await ask("PUT", "/v1/indexes/books/documents/1", { title: "wind" }).catch(() => undefined);
      return found?.status === 200 || found?.status === 201;
    });
    expect(root.alive()).toBe(true);
  });

  it("answers on time while the wall clock jumps by days, forwards and back", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-clock-"));
    closing.push(() => rm(directory, { recursive: true, force: true }));
    const wild = join(directory, "wild-clock.mjs");
    await writeFile(wild, wildClock);
    const preload = { preload: wild };
    const leaf = await startProcess("leaf", [], preload);
    const root = await startProcess(
      "root",
      ["--leaf-urls", `only=${leaf.url}`, "--shards", "2", "--replicas", "1"],
      preload,
    );
    closing.push(leaf.stop, root.stop);
    const ask = requestTo(root.url);
    expect((await ask("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } })).status).toBe(201);
    const written = await ask("PUT", "/v1/indexes/books/documents/1", { title: "wind" });
    for (let i = 0; i < 30; i++) {
      const query = { query: "wind", after: String(written.body.token), budgetMs: 5000, cache: false };
      const { status, body } = await ask("POST", "/v1/indexes/books/search", query);
      expect([status, body.complete]).toEqual([200, true]);
      expect(body.timing).toMatchObject({ budgetMs: 5000 });
      expect(isRecord(body.timing) && Number(body.timing.tookMs)).toBeGreaterThanOrEqual(0);
      expect(isRecord(body.timing) && Number(body.timing.tookMs)).toBeLessThan(5000);
    }
  });
});

/** A wall clock that nobody can build on: each look at it is up to a week away from the last one. */
const wildClock = `
const now = Date.now;
let turn = 0;
const shifted = () => now() + (turn++ % 2 === 0 ? 1 : -1) * (turn % 7) * 86_400_000;
globalThis.Date = class extends Date {
  constructor(...given) {
    if (given.length === 0) super(shifted());
    else super(...given);
  }
  static now() {
    return shifted();
  }
};
`;

type Process = { url: string; pid: number; alive(): boolean; stop(): Promise<void> };

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** One role as a process of its own, perhaps with few descriptors or something loaded before it. */
async function startProcess(
  role: string,
  flags: string[],
  given: { openFiles?: number; preload?: string } = {},
): Promise<Process> {
  const data = await mkdtemp(join(tmpdir(), `hedgerow-${role}-`));
  const node = [...(given.preload === undefined ? [] : ["--import", given.preload]), program, role];
  const args = [...node, "--port", "0", "--data", data, "--name", role === "leaf" ? "only" : role, ...flags];
  const limit = given.openFiles === undefined ? "" : `ulimit -n ${given.openFiles}; `;
  const child = spawn("/bin/sh", ["-c", `${limit}exec "$0" "$@"`, process.execPath, ...args], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { PATH: process.env.PATH },
  });
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("message", (message) => resolve(isRecord(message) ? String(message.listening) : ""));
    child.once("exit", (code) => reject(new Error(`hedgerow ${role} ended with ${code}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    alive: () => child.exitCode === null,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The most memory that a process has had. */
function peakBytes(pid: number): number {
  const text = execFileSync("grep", ["VmHWM", `/proc/${pid}/status`]).toString();
  return Number(text.replace("VmHWM:", "").trim().split(" ")[0]) * 1024;
}
