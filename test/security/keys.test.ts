import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routeNeeds } from "../../src/root/needs.ts";
import { Access } from "../../src/security/access.ts";
import { exposureProblem, isLoopback, namesThisMachine } from "../../src/security/exposure.ts";
import { type Key, KeyRing, readKeys, scopes, writeKeys } from "../../src/security/keys.ts";
import { TokenBucket } from "../../src/security/rate-limit.ts";
import { newToken, tokenHash, tokenId } from "../../src/security/token.ts";
import { requestTo, startCluster, type TestCluster } from "../support/cluster.ts";
import { eventually } from "../support/up.ts";

function keyed(rest: Partial<Key> = {}): { token: string; key: Key } {
  const { token, id, sha256 } = newToken();
  return { token, key: { id, sha256, name: id, scopes: ["search"], indexes: ["*"], ...rest } };
}

describe("a token", () => {
  it("is found by its id and told by its hash alone", () => {
    const made = [keyed(), keyed(), keyed()];
    const ring = new KeyRing(made.map(({ key }) => key));
    for (const { token, key } of made) {
      expect(ring.find(token)?.id).toBe(key.id);
      const altered = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
      expect(ring.find(altered)).toBeUndefined();
    }
    const [first, second] = made;
    const mixed = `hr_${first?.key.id}_${second?.token.split("_").slice(2).join("_")}`;
    expect(ring.find(mixed)).toBeUndefined();
  });

  it("stands nowhere in the file that recognises it", () => {
    const { token, key } = keyed();
    const secret = token.slice("hr_".length + key.id.length + 1);
    expect(writeKeys([key])).not.toContain(secret);
    expect(key.sha256).toBe(tokenHash(token));
    expect(Buffer.from(token.split("_").slice(2).join("_"), "base64url")).toHaveLength(32);
  });

  it("is taken from any text without a throw", () => {
    const { key } = keyed();
    const ring = new KeyRing([key]);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `hr_${text}`),
          fc.string().map((text) => `hr_${key.id}_${text}`),
        ),
        (text) => {
          expect(ring.find(text)).toBeUndefined();
          const id = tokenId(text);
          if (id !== undefined) expect(text.startsWith(`hr_${id}_`)).toBe(true);
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });
});

describe("a file of keys", () => {
  it("is read back as it was written", () => {
    const keys = [
      keyed({ requestsPerS: 5, burst: 9, budgetMs: 10, budgetMsMax: 20, indexes: ["a*", "b"] }).key,
      keyed().key,
    ];
    expect(readKeys(writeKeys(keys))).toEqual({ kind: "keys", keys });
  });

  it.each<[string, (key: Record<string, unknown>) => unknown, string]>([
    ["a scope that is not there", (key) => ({ ...key, scopes: ["root"] }), "scopes"],
    ["no scope at all", (key) => ({ ...key, scopes: [] }), "scopes"],
    ["an unknown member", (key) => ({ ...key, scope: ["search"] }), '"scope"'],
    ["a hash of another length", (key) => ({ ...key, sha256: "ab" }), "sha256"],
    ["a star in the middle", (key) => ({ ...key, indexes: ["a*b"] }), "indexes"],
    ["a rate of none", (key) => ({ ...key, requestsPerS: 0 }), "requestsPerS"],
    ["a text as a rate", (key) => ({ ...key, requestsPerS: "5" }), "requestsPerS"],
    ["no object", () => 7, "no object"],
  ])("is refused as a whole for %s", (_what, change, named) => {
    const reading = readKeys(JSON.stringify({ keys: [keyed().key, change({ ...keyed().key })] }));
    expect(reading.kind).toBe("invalid");
    expect(reading.kind === "invalid" && reading.detail).toContain(named);
    expect(reading.kind === "invalid" && reading.detail).toContain("keys/1");
  });

  it("is refused with two keys of one id, and where it is none", () => {
    const { key } = keyed();
    expect(readKeys(JSON.stringify({ keys: [key, key] })).kind).toBe("invalid");
    for (const text of ["", "[]", '{"keys":{}}', '{"keys":[],"more":1}', "null"])
      expect(readKeys(text).kind).toBe("invalid");
  });
});

describe("a token bucket", () => {
  it("lets no more pass in any span than its burst and what was refilled", () => {
    const step = fc.record({ waitMs: fc.integer({ min: -50, max: 500 }), takes: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(
        fc.array(step),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, perS, burst) => {
          const bucket = new TokenBucket({ perS, burst }, 0);
          let nowMs = 0;
          let latestMs = 0;
          let passed = 0;
          for (const { waitMs, takes } of steps) {
            nowMs += waitMs;
            latestMs = Math.max(latestMs, nowMs);
            for (let i = 0; i < takes; i++) if (bucket.take(nowMs) === 0) passed++;
            expect(passed).toBeLessThanOrEqual(burst + (latestMs * perS) / 1000 + 1e-6);
          }
        },
      ),
      { seed: 3, numRuns: 500 },
    );
  });

  it("passes again once it has waited as long as it said", () => {
    const bucket = new TokenBucket({ perS: 4, burst: 2 }, 0);
    expect([bucket.take(0), bucket.take(0)]).toEqual([0, 0]);
    const waitMs = bucket.take(0);
    expect(waitMs).toBeGreaterThan(0);
    expect(bucket.take(waitMs)).toBe(0);
  });
});

describe("access", () => {
  const clock = { nowMs: () => 0 };

  it("gives no scope that a key lacks, on no index that it is not for", () => {
    for (const held of scopes) {
      for (const needed of scopes) {
        const { token, key } = keyed({ scopes: [held], indexes: ["a", "b*"] });
        const access = new Access([key], clock);
        const admit = (index: string): string => {
          try {
            access.admit(`Bearer ${token}`, { kind: "scope", scope: needed, on: "index" }, index);
            return "in";
          } catch (error) {
            return error instanceof Error && "code" in error ? String(error.code) : "";
          }
        };
        const expected = held === needed ? "in" : "forbidden";
        expect([admit("a"), admit("b"), admit("bc")]).toEqual([expected, expected, expected]);
        expect([admit("ab"), admit("c"), admit("")]).toEqual(["forbidden", "forbidden", "forbidden"]);
      }
    }
  });

  it("keeps what a key has used of its rate when the file is read anew", () => {
    const { token, key } = keyed({ requestsPerS: 1, burst: 2 });
    const access = new Access([key], clock);
    const need = { kind: "scope", scope: "search", on: "none" } as const;
    access.admit(`Bearer ${token}`, need, undefined);
    access.admit(`bearer ${token}`, need, undefined);
    access.replace([key, keyed().key]);
    expect(() => access.admit(`Bearer ${token}`, need, undefined)).toThrow("1 times a second");
    access.replace([]);
    expect(() => access.admit(`Bearer ${token}`, need, undefined)).toThrow("not known");
  });
});

describe("exposure", () => {
  it("calls only this machine's own addresses its own", () => {
    for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) expect(isLoopback(host)).toBe(true);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "128.0.0.1"]) {
      expect(isLoopback(host)).toBe(false);
    }
  });

  it("lets a host beyond this machine be without keys only where somebody said so", () => {
    const asked = { host: "0.0.0.0", guarded: false, insecure: false, fix: "give --keys" };
    expect(exposureProblem(asked)).toContain("--insecure");
    expect(exposureProblem({ ...asked, guarded: true })).toBeUndefined();
    expect(exposureProblem({ ...asked, insecure: true })).toBeUndefined();
    expect(exposureProblem({ ...asked, host: "127.0.0.1" })).toBeUndefined();
  });

  it("knows a page from elsewhere by the name that it came to", () => {
    for (const host of ["127.0.0.1:8080", "localhost", "[::1]:80", "10.0.0.7:1", "x.localhost:9"])
      expect(namesThisMachine(host)).toBe(true);
    for (const host of [undefined, "", "evil.example", "127.0.0.1.evil.example:8080", "localhost.evil.example"]) {
      expect(namesThisMachine(host)).toBe(false);
    }
  });
});

describe("a root with keys", () => {
  let directory: string;
  let cluster: TestCluster;
  let file: string;
  const reader = keyed({ name: "reader", indexes: ["books", "open-*"], budgetMs: 2000, budgetMsMax: 3000 });
  const writer = keyed({ name: "writer", scopes: ["write"], indexes: ["books"] });
  const admin = keyed({ name: "admin", scopes: ["admin", "search", "write"], indexes: ["*"] });
  const partAdmin = keyed({ name: "part", scopes: ["admin"], indexes: ["open-*"] });
  const scraper = keyed({ name: "scraper", scopes: ["metrics"] });
  const hurried = keyed({ name: "hurried", requestsPerS: 0.01, burst: 2 });
  const part = keyed({ name: "some", scopes: [...scopes], indexes: ["books", "open-*"] });
  const all = [reader, writer, admin, partAdmin, scraper, hurried, part].map(({ key }) => key);

  const as = (token: string | undefined) => async (method: string, path: string, body?: unknown) => {
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(cluster.url + path, { method, headers: { ...headers, ...type }, ...content });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "hedgerow-keys-"));
    file = join(directory, "keys.json");
    await writeFile(file, writeKeys(all));
    cluster = await startCluster({ leaves: 1, flags: ["--keys", file, "--replicas", "1", "--shards", "2"] });
    const settings = { fields: { title: { type: "text" } } };
    for (const name of ["books", "secret", "open-one"]) {
      expect((await as(admin.token)("PUT", `/v1/indexes/${name}`, settings)).status).toBe(201);
    }
  });

  afterAll(async () => {
    await cluster.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("answers nobody without a key, whatever the route, but health and the pages", async () => {
    for (const [route, need] of Object.entries(routeNeeds)) {
      const [method = "", pattern = ""] = route.split(" ");
      const path = pattern.replace(":index", "books").replace(":id", "1");
      for (const token of [undefined, keyed().token, "x"]) {
        const { status, headers } = await as(token)(method, path);
        if (need.kind === "nothing") expect([401, 403]).not.toContain(status);
        else {
          expect([route, status]).toEqual([route, 401]);
          expect(headers.get("www-authenticate")).toBe("Bearer");
        }
      }
    }
  });

  it("answers a wrong header as a missing key", async () => {
    const path = "/v1/indexes/books/search?q=x";
    for (const authorization of ["Basic abc", `${reader.token}`, "Bearer", "Bearer ", `Bearer  ${reader.token}`]) {
      expect((await fetch(cluster.url + path, { headers: { authorization } })).status).toBe(401);
    }
  });

  it("keeps each key to its scopes and indexes", async () => {
    const statuses = async (token: string): Promise<number[]> => {
      const ask = as(token);
      return [
        (await ask("GET", "/v1/indexes/books/search?q=x")).status,
        (await ask("GET", "/v1/indexes/secret/search?q=x")).status,
        (await ask("PUT", "/v1/indexes/books/documents/1", { title: "a" })).status,
        (await ask("PUT", "/v1/indexes/secret/documents/1", { title: "a" })).status,
        (await ask("DELETE", "/v1/indexes/nothing")).status,
        (await ask("GET", "/v1/cluster")).status,
        (await ask("GET", "/v1/backup")).status,
      ];
    };
    expect(await statuses(reader.token)).toEqual([200, 403, 403, 403, 403, 403, 403]);
    expect(await statuses(writer.token)).toEqual([403, 403, 201, 403, 403, 403, 403]);
    expect(await statuses(partAdmin.token)).toEqual([403, 403, 403, 403, 403, 403, 403]);
    expect(await statuses(scraper.token)).toEqual([403, 403, 403, 403, 403, 200, 403]);
    expect(await statuses(admin.token)).toEqual([200, 200, 200, 201, 404, 403, 200]);
  });

  it("shows a key only the indexes that it is for", async () => {
    const { text } = await as(reader.token)("GET", "/v1/indexes");
    expect(text).toContain('"books"');
    expect(text).toContain('"open-one"');
    expect(text).not.toContain("secret");
  });

  it("names to a key no index that it is not for, whatever is asked of one that is not there", async () => {
    for (const [route, need] of Object.entries(routeNeeds)) {
      if (need.kind === "nothing" || need.on !== "index") continue;
      const [method = "", pattern = ""] = route.split(" ");
      if (route === "PUT /v1/indexes/:index") continue;
      const path = pattern.replace(":index", "open-9").replace(":id", "1");
      const body = method === "GET" || method === "DELETE" ? undefined : path.endsWith("documents") ? [] : {};
      const { status, text } = await as(part.token)(method, path, body);
      expect([route, status, JSON.parse(text).code]).toEqual([route, 404, "index_not_found"]);
      expect(text).toContain("books, open-one");
      expect(text).not.toContain("secret");
    }
  });

  it("lets nobody point an alias at an index that is not theirs", async () => {
    const set = (token: string, alias: string, index: string) =>
      as(token)("POST", "/v1/aliases", { set: { [alias]: index } });
    expect((await set(partAdmin.token, "open-door", "secret")).status).toBe(403);
    expect((await set(partAdmin.token, "books2", "open-one")).status).toBe(403);
    expect((await set(partAdmin.token, "open-door", "open-one")).status).toBe(200);
  });

  it("gives a key's searches its own budgets", async () => {
    const budget = async (body: object): Promise<unknown> => {
      const { text } = await as(reader.token)("POST", "/v1/indexes/books/search", body);
      return JSON.parse(text).timing.budgetMs;
    };
    expect(await budget({})).toBe(2000);
    expect(await budget({ budgetMs: 1500 })).toBe(1500);
    expect(await budget({ budgetMs: 5000 })).toBe(3000);
  });

  it("limits how often a key may ask, and says when to come again", async () => {
    const ask = () => as(hurried.token)("GET", "/v1/indexes/books/search?q=x");
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(JSON.parse(refused.text).code).toBe("rate_limited");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await as(reader.token)("GET", "/v1/indexes/books/search?q=x")).status).toBe(200);
  });

  it("takes another file of keys while it runs, and keeps the old ones where that is broken", async () => {
    const late = keyed({ name: "late" });
    const status = async (token: string): Promise<number> =>
      (await as(token)("GET", "/v1/indexes/books/search?q=x")).status;
    expect(await status(late.token)).toBe(401);
    await writeFile(file, writeKeys([...all, late.key]));
    await eventually("the new key counts", async () => (await status(late.token)) === 200);
    await writeFile(file, '{"keys": [');
    await writeFile(`${file}.later`, writeKeys(all));
    expect(await status(late.token)).toBe(200);
    await writeFile(file, writeKeys(all));
    await eventually("the key counts no more", async () => (await status(late.token)) === 401);
  });
});

describe("a root without keys", () => {
  it("answers pages of this machine and of no other name", async () => {
    const cluster = await startCluster({ leaves: 1 });
    try {
      expect((await requestTo(cluster.url)("GET", "/v1/indexes")).status).toBe(200);
      const port = new URL(cluster.url).port;
      const { get } = await import("node:http");
      const statusOf = (path: string, host: string): Promise<number | undefined> =>
        new Promise((resolve, reject) => {
          get({ port, host: "127.0.0.1", path, headers: { host } }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          }).on("error", reject);
        });
      for (const path of ["/v1/indexes", "/readyz", "/", "/livez/../v1/indexes"]) {
        expect(await statusOf(path, `evil.example:${port}`)).toBe(403);
      }
      // Whoever asks only whether the process runs may name nobody.
      for (const host of ["", `probe.example:${port}`]) expect(await statusOf("/livez", host)).toBe(200);
    } finally {
      await cluster.close();
    }
  });
});
