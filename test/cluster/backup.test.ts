import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import { run as backup } from "../../src/command/backup.ts";
import { run as restore } from "../../src/command/restore.ts";
import { BackupWriter } from "../../src/protocol/backup.ts";
import type { IndexSettings } from "../../src/protocol/settings.ts";
import { restoringIndex } from "../../src/root/catalog.ts";
import { testSettings } from "../engine/layout.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { said } from "../support/said.ts";
import { listeningIo } from "../support/stub-service.ts";
import { eventually } from "../support/up.ts";

let directory = "";
let file = "";
let source: TestCluster;

const documents = Array.from({ length: 700 }, (_, i) => ({
  id: `d${i}`,
  title: `fox ${i % 9 === 0 ? "bee" : "sea"} ☃`,
  body: i % 3 === 0 ? "wind and sea" : "bee\nbee",
  year: i,
  more: { kept: [i, null, "\u2028"] },
}));
const books = {
  fields: { title: { type: "text", boost: 2 }, body: { type: "text" }, year: { type: "number" } },
  shards: 3,
  replicas: 2,
  language: "de",
  stopWords: ["und"],
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-backup-"));
  file = join(directory, "all.backup");
  source = await startCluster({ leaves: 2 });
  await source.request("PUT", "/v1/indexes/books", books);
  await source.request("PUT", "/v1/indexes/empty", { fields: { note: { type: "stored" } }, shards: 1, replicas: 1 });
  await source.load("books", documents);
  await source.request("DELETE", "/v1/indexes/books/documents/d13");
  await source.request("PUT", "/v1/indexes/books/documents/d14", { title: "fox fox", year: 5 });
  await source.request("POST", "/v1/aliases", { set: { library: "books" } });
});
afterAll(async () => {
  await source.close();
  await rm(directory, { recursive: true });
});

async function command(run: typeof backup, args: string[], url: string) {
  const io = listeningIo({ isTerminal: false, env: { HEDGEROW_URL: url } });
  return { code: await run(args, io), out: io.out(), err: io.err() };
}

/** Whatever can be asked of a cluster about the index, without what belongs to its layout and its log. */
async function answers(cluster: TestCluster): Promise<unknown> {
  const found: unknown[] = [];
  for (const query of ["", "fox", "+bee sea", "wind -fox", "title:sea"]) {
    const body = { query, size: 1000, budgetMs: 20_000, sort: ["_score"] };
    const answer = await cluster.request("POST", "/v1/indexes/library/search", body);
    const { hits, total, complete, statistics } = answer.body;
    found.push({ hits, total, complete, statistics });
  }
  const { body } = await cluster.request("GET", "/v1/indexes/books");
  const { incarnation: _i, placementSalt: _s, ...settings } = body;
  return { found, settings };
}

async function restored(path: string): Promise<TestCluster> {
  const cluster = await startCluster({ leaves: 2 });
  const done = await command(restore, [path, "--json"], cluster.url);
  expect(done).toMatchObject({ code: 0, err: "" });
  const { token, ...report } = JSON.parse(done.out);
  expect(report).toMatchObject({ indexes: ["books", "empty"], documents: 699, aliases: 1 });
  const waiting = { size: 0, after: token, budgetMs: 60_000 };
  const { body } = await cluster.request("POST", "/v1/indexes/library/search", waiting);
  expect(body).toMatchObject({ total: { value: 699, exact: true }, complete: true, afterReached: true });
  return cluster;
}

describe("a backup", () => {
  it("brings everything back: settings, aliases, documents, scores and the epoch, bit for bit", async () => {
    const made = await command(backup, [file], source.url);
    expect(made.out).toMatch(/^2 indexes, 699 documents, [\d.]+ MiB in .* backed up into /);
    expect(made.code).toBe(0);
    const cluster = await restored(file);
    const expected = await answers(source);
    await eventually("all of it can be found", async () => {
      const found = await cluster.request("GET", "/v1/indexes/books");
      return JSON.stringify(found.body.statistics).includes('"documents":699');
    });
    expect(await answers(cluster)).toEqual(expected);
    const again = await command(restore, [file], cluster.url);
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain("the cluster holds books, empty; a backup is restored into an empty one");
    expect(await answers(cluster)).toEqual(expected);
    await cluster.close();
  });

  it("is whole whatever others write to the same name at once, and leaves nothing beside itself", async () => {
    const shared = join(directory, "shared", "same.backup");
    await mkdir(dirname(shared));
    const made = await Promise.all(Array.from({ length: 4 }, () => command(backup, [shared], source.url)));
    expect(made.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect((await command(restore, [shared, "--check"], "http://127.0.0.1:9")).code).toBe(0);
    expect(await readdir(dirname(shared))).toEqual(["same.backup"]);
  });

  it("goes through a pipe that stands under its name, which stays there", async () => {
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    const [made, bytes] = await Promise.all([command(backup, [pipe], source.url), readFile(pipe)]);
    expect(made).toMatchObject({ code: 0, out: "" });
    expect(made.err).toContain(`backed up into ${pipe}`);
    expect((await stat(pipe)).isFIFO()).toBe(true);
    const refused = await command(restore, [pipe, "--check"], "http://127.0.0.1:9");
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(`${pipe} is no file`) });
    const copy = join(directory, "copy.backup");
    await writeFile(copy, bytes);
    expect((await command(restore, [copy, "--check"], "http://127.0.0.1:9")).code).toBe(0);
  });

  it("is refused before anything is sent, wherever a byte of it is wrong or missing", async () => {
    const bytes = await readFile(file);
    const damaged = join(directory, "damaged.backup");
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 255 }), async (place, flip) => {
        const at = place % bytes.length;
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ flip;
        await writeFile(damaged, flip === 0 ? bytes.subarray(0, at) : copy);
        const checked = await command(restore, [damaged, "--check"], "http://127.0.0.1:9");
        expect(checked.code).toBe(1);
        expect(checked.err).toContain("is damaged");
      }),
      { seed: 81, numRuns: 60 },
    );
    expect((await command(restore, [file, "--check"], "http://127.0.0.1:9")).code).toBe(0);
  });

  it("leaves an empty cluster where it turns out to be damaged on the way, and says how far it came", async () => {
    const cluster = await startCluster({ leaves: 2 });
    const bytes = await readFile(file);
    const answer = await fetch(`${cluster.url}/v1/restore`, {
      method: "POST",
      headers: { "content-type": "application/x-hedgerow-backup" },
      body: bytes.subarray(0, bytes.length - 20),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: "invalid_request",
      detail: expect.stringMatching(/is damaged: line \d+ is no line of a backup; 699 documents had come, and nothing/),
    });
    expect((await cluster.request("GET", "/v1/indexes")).body).toEqual({ indexes: [], aliases: {} });
    await cluster.close();
  });

  it("says what is damaged before all of it has come, and answers what else comes over the connection", async () => {
    const cluster = await startCluster({ leaves: 1 });
    const { hostname, port } = new URL(cluster.url);
    const socket = connect(Number(port), hostname);
    const answers = said(socket);
    const rest = "x".repeat(300_000);
    const type = "content-type: application/x-hedgerow-backup";
    const length = `content-length: ${rest.length + 8}`;
    socket.write(`POST /v1/restore HTTP/1.1\r\nhost: localhost\r\n${type}\r\n${length}\r\n\r\ngarbage\n`);
    await once(socket, "data");
    socket.write(`${rest}GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
    expect([...(await answers).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual(["400", "200"]);
    await cluster.close();
  });

  it("brings back what was taken when less was asked of documents and fields", async () => {
    const cluster = await startCluster({ leaves: 1 });
    const writer = new BackupWriter();
    const { placementSalt: _, ...rest } = testSettings;
    const settings = { ...rest, fields: { born: { type: "date" as const }, not: { type: "text" as const } } };
    const kept = ['{"id":"1","born":"2024-02-30"}', '{"id":"2","born":1e999}'];
    const body = Buffer.concat([
      writer.begin(["old"], kept.length),
      writer.index({ name: "old", settings }),
      writer.documents(kept.map((text) => Buffer.from(text))),
      writer.aliases({}),
      writer.end(),
    ]);
    const headers = { "content-type": "application/x-hedgerow-backup" };
    const answer = await fetch(`${cluster.url}/v1/restore`, { method: "POST", headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([200, { documents: 2 }]);
    await eventually("both can be found", async () => {
      const { body } = await cluster.request("GET", "/v1/indexes/old/search?sort=born&budgetMs=5000");
      return JSON.stringify(body.total) === '{"value":2,"exact":true}';
    });
    await cluster.close();
  });

  it.each<Partial<Pick<IndexSettings, "fields" | "stopWords">>>([
    { stopWords: ["wi-fi", "it's"] },
    { fields: { title: { type: "text" }, kind: { type: "keyword", boost: 2 } } },
  ])(
    "brings back settings that nobody could give any more, with which the index can be asked for again: %j",
    async (old) => {
      const cluster = await startCluster({ leaves: 1 });
      const writer = new BackupWriter();
      const { placementSalt: _, ...rest } = testSettings;
      const settings = { ...rest, ...old };
      const body = Buffer.concat([
        writer.begin(["old"], 0),
        writer.index({ name: "old", settings }),
        writer.aliases({}),
        writer.end(),
      ]);
      const headers = { "content-type": "application/x-hedgerow-backup" };
      const answer = await fetch(`${cluster.url}/v1/restore`, { method: "POST", headers, body });
      expect(answer.status).toBe(200);
      const put = async (name: string, asked: object) =>
        (await cluster.request("PUT", `/v1/indexes/${name}`, asked)).status;
      expect(await put("old", settings)).toBe(200);
      expect(await put("old", { ...settings, stopWords: ["fi-wi"] })).toBe(409);
      expect(await put("new", settings)).toBe(400);
      await cluster.close();
    },
  );

  it("writes no file where the service has nothing to give", async () => {
    const path = join(directory, "none.backup");
    const made = await command(backup, [path], "http://127.0.0.1:9");
    expect(made.code).toBe(1);
    await expect(stat(path)).rejects.toThrow("ENOENT");
    await expect(stat(`${path}.new`)).rejects.toThrow("ENOENT");
  });
});

describe("a restore that broke off with its root", () => {
  it("cannot be taken for a whole one, and is begun anew by running it again", async () => {
    const data = await mkdtemp(join(tmpdir(), "hedgerow-broken-"));
    const log = await createEmbeddedLog({ directory: data });
    await log.createIndex(restoringIndex, testSettings);
    await log.createIndex("books", testSettings);
    await log.close();
    const cluster = await startCluster({ leaves: 2, data });
    for (const [method, path, body] of [
      ["GET", "/v1/indexes/books/search?q=fox", undefined],
      ["GET", "/v1/backup", undefined],
      ["PUT", "/v1/indexes/books/documents/1", {}],
      ["DELETE", "/v1/indexes/books", undefined],
      ["PUT", "/v1/indexes/other", { fields: {} }],
    ] as const) {
      expect(await cluster.request(method, path, body)).toMatchObject({ status: 503, body: { code: "not_ready" } });
    }
    expect(await cluster.request("GET", "/readyz")).toMatchObject({ status: 503, body: { status: "restoring" } });
    expect((await command(restore, [file], cluster.url)).code).toBe(0);
    await eventually("the documents can be found", async () => {
      const { body } = await cluster.request("GET", "/v1/indexes/library/search?q=fox&budgetMs=5000");
      return JSON.stringify(body.total) === '{"value":699,"exact":true}';
    });
    expect((await cluster.request("GET", "/readyz")).status).toBe(200);
    await cluster.close();
  });
});
