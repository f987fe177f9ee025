import { describe, expect, it } from "vitest";
import { hasNatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { seededRandom } from "../../src/time.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

const ids = Array.from({ length: 60 }, (_, i) => `book ${i}`);
const budgetMs = 20_000;

describe.runIf(hasNatsServer("two roots on one change log"))("two roots on one change log and the same leaves", () => {
  it("both write and serve everything, through a restart of the log's server", async () => {
    const server = await startNatsServer();
    const flags = ["--log", server.url, "--accept-unsynced-log"];
    const one = await startCluster({ leaves: 3, flags });
    const two = await startCluster({ leaves: 0, elsewhere: one.leafUrls, flags });
    try {
      await one.request("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } }, shards: 3, replicas: 2 });
      await expect.poll(async () => (await two.request("GET", "/v1/indexes/books")).status).toBe(200);

      const books = new Books();
      await Promise.all([books.write(one, 1), books.write(two, 2)]);
      await books.compare([one, two]);

      await server.kill();
      expect((await two.request("GET", "/v1/indexes/books/search?q=tale")).status).toBe(200);
      await server.start();
      await Promise.all([books.write(two, 3), books.write(one, 4)]);
      await books.compare([two, one]);

      const renamed = await two.request("POST", "/v1/aliases", { set: { library: "books" } });
      expect(renamed.status).toBe(200);
      await expect.poll(async () => (await one.request("GET", "/v1/indexes/library/search?q=tale")).status).toBe(200);
      await two.request("DELETE", "/v1/indexes/books");
      await expect.poll(async () => (await one.request("GET", "/v1/indexes/books")).status).toBe(404);
    } finally {
      await two.close();
      await one.close();
      await server.remove();
    }
  });
});

describe.runIf(hasNatsServer("documents that NATS cannot hold"))(
  "a root on a change log that holds smaller documents",
  () => {
    it("rejects a larger one by itself, and no other", async () => {
      const server = await startNatsServer();
      const flags = ["--log", server.url, "--accept-unsynced-log", "--document-bytes-max", String(16 << 20)];
      const root = await startCluster({ leaves: 1, flags });
      try {
        await root.request("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } }, shards: 1, replicas: 1 });
        const title = "x".repeat(8 << 20);
        const documents = [
          { id: "a", title: "small" },
          { id: "large", title },
          { id: "b", title: "small" },
        ];
        const { status, body } = await root.request("POST", "/v1/indexes/books/documents", documents);
        expect([status, body.accepted]).toEqual([200, 2]);
        const detail = expect.stringContaining(`larger than ${(8 << 20) - 512}`);
        expect(body.rejected).toEqual([{ line: 2, id: "large", code: "too_large", detail }]);
        expect((await root.request("GET", "/v1/indexes/books/documents/b")).status).toBe(200);
        const alone = await root.request("PUT", "/v1/indexes/books/documents/large", { title });
        expect(alone).toMatchObject({ status: 413, body: { code: "too_large", detail } });
      } finally {
        await root.close();
        await server.remove();
      }
    });
  },
);

/** What was acknowledged: each document's latest version wins, whichever root it went through. */
class Books {
  readonly #latest = new Map<string, { version: number; title: string | undefined }>();
  #token = 0;

  /** Single writes and deletes of the same documents, a bulk request now and then. */
  async write(root: TestCluster, seed: number): Promise<void> {
    const random = seededRandom(seed);
    const pick = (): string => ids[Math.floor(random.next() * ids.length)] ?? "";
    for (let turn = 0; turn < 40; turn++) {
      const id = pick();
      const path = `/v1/indexes/books/documents/${encodeURIComponent(id)}`;
      const title = `tale ${seed}x${turn}`;
      const isDelete = random.next() < 0.25;
      const answer = isDelete ? await root.request("DELETE", path) : await root.request("PUT", path, { title });
      expect([200, 201, 404]).toContain(answer.status);
      if (answer.status !== 404) this.#note(id, Number(answer.body.version), isDelete ? undefined : title);
    }
  }

  #note(id: string, version: number, title: string | undefined): void {
    expect(version).toBeGreaterThan(0);
    this.#token = Math.max(this.#token, version);
    if (version > (this.#latest.get(id)?.version ?? 0)) this.#latest.set(id, { version, title });
  }

  /** Every root finds exactly what stands, waiting for no more than the last write. */
  async compare(roots: readonly TestCluster[]): Promise<void> {
    const standing = [...this.#latest].flatMap(([id, { title }]) => (title === undefined ? [] : [[id, title]])).sort();
    const answers: unknown[] = [];
    for (const root of roots) {
      const body = { query: "tale", after: String(this.#token), size: 1000, budgetMs };
      const { body: found } = await root.request("POST", "/v1/indexes/books/search", body);
      expect(found.complete).toBe(true);
      const hits = Array.isArray(found.hits) ? found.hits.filter(isRecord) : [];
      const seen = hits.map(({ id, document }) => [id, isRecord(document) ? document.title : undefined]);
      expect(seen.sort()).toEqual(standing);
      answers.push(hits.map(({ id, score }) => ({ id, score })));
      for (const [id, { version, title }] of this.#latest) {
        const path = `/v1/indexes/books/documents/${encodeURIComponent(id)}`;
        const got = await root.request("GET", path);
        expect([got.status, got.body.version]).toEqual(title === undefined ? [404, undefined] : [200, version]);
      }
    }
    expect(answers[1]).toEqual(answers[0]);
  }
}
