import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run as runKey } from "../../src/command/key.ts";
import { run as runSearch } from "../../src/command/search.ts";
import { run as runStatus } from "../../src/command/status.ts";
import { readConfig } from "../../src/config.ts";
import { openEntrance } from "../../src/root/entrance.ts";
import { openAudit } from "../../src/security/audit.ts";
import { readKeys } from "../../src/security/keys.ts";
import { tokenId } from "../../src/security/token.ts";
import { systemClock } from "../../src/time.ts";
import { startCluster } from "../support/cluster.ts";
import { listeningIo } from "../support/stub-service.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-audit-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const line = { traceId: "t", key: "k", from: "127.0.0.1", method: "PUT", route: "/r", status: 200 };

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .trim()
    .split("\n")
    .map((one) => JSON.parse(one));
}

describe("the audit log", () => {
  it("holds every line in order, also where its file is moved away under it", async () => {
    const path = join(directory, "audit.jsonl");
    const audit = openAudit(path, { clock: systemClock, onTrouble: () => expect.unreachable() });
    for (let i = 0; i < 500; i++) audit.note({ ...line, id: String(i) });
    await audit.close();
    await rename(path, `${path}.1`);
    audit.note({ ...line, id: "500" });
    await audit.close();
    expect((await linesOf(`${path}.1`)).map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
    expect(await linesOf(path)).toMatchObject([{ id: "500", key: "k", status: 200 }]);
  });

  it("is not filled by those who may not come in: refusals have a rate, and what was left out is counted", async () => {
    const path = join(directory, "audit.jsonl");
    let nowMs = 0;
    const audit = openAudit(path, { clock: { nowMs: () => nowMs }, onTrouble: () => expect.unreachable() });
    for (let i = 0; i < 10_000; i++) audit.note({ ...line, status: 401 });
    nowMs += 1000;
    audit.note({ ...line, status: 403 });
    audit.note(line);
    await audit.close();
    const lines = await linesOf(path);
    expect(lines).toHaveLength(102);
    expect(lines.at(-2)).toMatchObject({ status: 403, suppressed: 9900 });
    expect(lines.at(-1)).not.toHaveProperty("suppressed");
  });

  it("tells in the end of the refusals that were left out last", async () => {
    const path = join(directory, "audit.jsonl");
    const audit = openAudit(path, { clock: { nowMs: () => 0 }, onTrouble: () => expect.unreachable() });
    for (let i = 0; i < 150; i++) audit.note({ ...line, status: 429 });
    await audit.close();
    await audit.close();
    const lines = await linesOf(path);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toEqual({ time: expect.any(String), suppressed: 50 });
  });

  it("makes the data directory where there is none yet, as of a root whose change log is elsewhere", async () => {
    const [keys, data] = [join(directory, "keys.json"), join(directory, "above", "data")];
    await writeFile(keys, '{"keys":[]}');
    const read = readConfig("root", ["--keys", keys, "--data", data], {});
    if (read.kind !== "ok") throw new Error(JSON.stringify(read));
    const entrance = await openEntrance(read.config);
    entrance.app.guard.audit?.note(line);
    await entrance.close();
    expect(await linesOf(join(data, "audit.jsonl"))).toMatchObject([{ key: "k", status: 200 }]);
  });

  it("says how many lines were lost where the file cannot be written, and goes on", async () => {
    const troubles: object[] = [];
    const path = join(directory, "nowhere", "audit.jsonl");
    const audit = openAudit(path, { clock: systemClock, onTrouble: (fields) => troubles.push(fields) });
    audit.note(line);
    await audit.close();
    expect(troubles).toMatchObject([{ lost: 1 }]);
  });
});

describe("a caller who hangs up", () => {
  it("is noted once for what it had done, and for what it broke off", async () => {
    const audit = join(directory, "audit.jsonl");
    const cluster = await startCluster({ leaves: 1, flags: ["--audit", audit, "--replicas", "1"] });
    try {
      await cluster.request("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } });
      const deeds: Parameters<typeof hangUpAfter>[1][] = [
        { line: "PUT /v1/indexes/books/documents/hidden", body: '{"title":"garden"}' },
        { line: "PUT /v1/indexes/books/documents/half", body: '{"title":', promised: 100 },
        { line: "DELETE /v1/indexes/books/documents/hidden" },
        // The deed waits behind another answer on its connection.
        { line: "GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\nDELETE /v1/indexes/books" },
      ];
      for (const [done, deed] of deeds.entries()) {
        await hangUpAfter(cluster.url, { line: "GET /v1/indexes/books/search?q=garden" });
        await hangUpAfter(cluster.url, deed);
        await vi.waitFor(async () => expect(await linesOf(audit)).toHaveLength(done + 2), { timeout: 10_000 });
      }
      await cluster.request("PUT", "/v1/indexes/last", { fields: { title: { type: "text" } } });
    } finally {
      await cluster.close();
    }
    const noted = await linesOf(audit);
    expect(noted.map(({ method, route, id, status }) => [method, route, id, status])).toEqual([
      ["PUT", "/v1/indexes/:index", undefined, 201],
      ["PUT", "/v1/indexes/:index/documents/:id", "hidden", 201],
      ["PUT", "/v1/indexes/:index/documents/:id", "half", 400],
      ["DELETE", "/v1/indexes/:index/documents/:id", "hidden", 200],
      ["DELETE", "/v1/indexes/:index", undefined, 200],
      ["PUT", "/v1/indexes/:index", undefined, 201],
    ]);
    expect(noted.filter(({ cut }) => cut === "body")).toMatchObject([{ id: "half" }]);
  });
});

/** Sends a request, of whose body more may be promised than comes, and resets the connection. */
function hangUpAfter(url: string, deed: { line: string; body?: string; promised?: number }): Promise<void> {
  const { line, body = "", promised = body.length } = deed;
  const { hostname, port } = new URL(url);
  const head = ["Host: localhost", "Content-Type: application/json", `Content-Length: ${promised}`];
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
    socket.write(`${[`${line} HTTP/1.1`, ...head].join("\r\n")}\r\n\r\n${body}`, () => socket.resetAndDestroy());
  });
}

describe("hedgerow key", () => {
  it("makes a key that lets its holder in, shows its token once, and takes it away again", async () => {
    const keys = join(directory, "keys.json");
    const made = listeningIo();
    const flags = ["--keys", keys, "--scopes", "search,write,admin", "--requests-per-s", "100", "--budget-ms", "2000"];
    expect(await runKey(["web", ...flags], made)).toBe(0);
    const token = made.out().trim();
    expect(tokenId(token)).toBeDefined();
    const text = await readFile(keys, "utf8");
    expect(text).not.toContain(token.slice(20));
    expect(readKeys(text)).toMatchObject({
      keys: [{ name: "web", requestsPerS: 100, budgetMs: 2000, indexes: ["*"] }],
    });
    expect(await runKey(["web", ...flags], listeningIo())).toBe(1);
    const listed = listeningIo();
    expect(await runKey(["--keys", keys], listed)).toBe(0);
    expect(listed.out()).toContain("web");

    const slow = listeningIo();
    expect(await runKey(["slow", "--keys", keys, "--scopes", "write", "--requests-per-s", "1"], slow)).toBe(0);
    const audit = join(directory, "audit.jsonl");
    const cluster = await startCluster({ leaves: 1, flags: ["--keys", keys, "--audit", audit, "--replicas", "1"] });
    try {
      const file = join(directory, "token");
      await writeFile(file, `${token}\n`);
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const ask = (method: string, path: string, body?: object): Promise<Response> =>
        fetch(cluster.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      expect((await ask("GET", "/v1/cluster")).status).toBe(403);
      const index = await ask("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } });
      await ask("PUT", "/v1/indexes/books/documents/1", { title: "a secret garden" });
      await ask("GET", "/v1/indexes/books/search?q=garden");
      await ask("POST", "/v1/aliases", { set: { live: "books", old: null } });
      await ask("DELETE", "/v1/members/leaf-9");
      headers.authorization = `Bearer ${slow.out().trim()}`;
      const spent = { method: "DELETE", path: "/v1/indexes/books/documents/2" };
      while ((await ask(spent.method, spent.path)).status !== 429);
      const searched = listeningIo();
      expect(await runSearch(["garden", "--index", "books", "--url", cluster.url, "--key-file", file], searched)).toBe(
        0,
      );
      const byVariable = listeningIo({ env: { HEDGEROW_KEY_FILE: file } });
      expect(await runSearch(["garden", "--index", "books", "--url", cluster.url], byVariable)).toBe(0);
      const refused = listeningIo();
      expect(await runStatus(["--url", cluster.url], refused)).toBe(1);
      expect(refused.err()).toContain("unauthenticated");
      const misused = listeningIo();
      expect(await runStatus(["--url", cluster.url, "--key-file", keys], misused)).toBe(2);
      expect(misused.err()).toContain("holds no token");
      await new Promise((resolve) => setImmediate(resolve));
      expect(index.status).toBe(201);
    } finally {
      await cluster.close();
    }
    const noted = await linesOf(audit);
    expect(noted).toMatchObject([
      { key: "web", method: "GET", route: "/v1/cluster", status: 403 },
      { key: "web", method: "PUT", route: "/v1/indexes/:index", index: "books", status: 201 },
      { key: "web", method: "PUT", route: "/v1/indexes/:index/documents/:id", index: "books", id: "1", status: 201 },
      { key: "web", route: "/v1/aliases", aliases: { live: "books", old: null }, status: 200 },
      { key: "web", method: "DELETE", route: "/v1/members/:name", leaf: "leaf-9", status: 403 },
      ...noted.filter(({ key, status }) => key === "slow" && status === 404),
      { key: "slow", method: "DELETE", route: "/v1/indexes/:index/documents/:id", id: "2", status: 429 },
      { method: "GET", route: "/v1/cluster", status: 401 },
    ]);
    for (const one of noted) expect(String(one.traceId)).toHaveLength(32);
    expect(await readFile(audit, "utf8")).not.toContain("garden");
    expect(await readFile(audit, "utf8")).not.toContain(token);
    for (const name of ["web", "slow"]) expect(await runKey([name, "--keys", keys, "--remove"], listeningIo())).toBe(0);
    expect(readKeys(await readFile(keys, "utf8"))).toEqual({ kind: "keys", keys: [] });
  });

  it.each([
    [["web"], "--keys"],
    [["a", "b", "--keys", "x"], "one key at a time"],
    [["a", "--keys", "x", "--scopes", "root"], "--scopes"],
    [["a", "--kees", "x"], "did you mean --keys"],
    [["a", "--keys", "x", "--indexes", "a*b"], "indexes"],
  ])("refuses %j by what is wrong with it", async (args, named) => {
    const io = listeningIo();
    const given = args.map((arg) => (arg === "x" ? join(directory, "x") : arg));
    expect(await runKey(given, io)).toBe(2);
    expect(io.err()).toContain(named);
  });
});
