import { afterEach, describe, expect, it } from "vitest";
import { Hedgerow, type HedgerowOptions, RequestRefused, ServiceUnreachable } from "../../src/client/exports.ts";
import { seededRandom, type Timers } from "../../src/time.ts";
import { type SeenRequest, type StubAnswer, type StubService, startStub } from "../support/stub-service.ts";

type Answerer = (request: SeenRequest, count: number) => StubAnswer | Promise<StubAnswer>;

let stubs: StubService[] = [];
afterEach(async () => {
  await Promise.all(stubs.map((stub) => stub.close()));
  stubs = [];
});

const answer = {
  json: { hits: [{ id: "1", score: 2, settled: true }], coverage: { documents: 1 }, shards: [], complete: true },
};
const refusal = (status: number, code: string): StubAnswer => ({ status, json: { code, detail: `it is ${code}` } });
const hangUp: Answerer = () => "hang up";
const silence: Answerer = () => new Promise(() => undefined);

/** A client of roots that answer as said, in a time that stands still unless a test moves it. */
async function clientOf(answerers: readonly Answerer[], options: Partial<HedgerowOptions> = {}) {
  stubs = await Promise.all(answerers.map((answerer) => startStub(answerer)));
  const time = { nowMs: 0, waits: [] as { delayMs: number; run: () => void }[], hasty: false };
  const timers: Timers = {
    after(delayMs, run) {
      const wait = { delayMs, run };
      time.waits.push(wait);
      // Not what ends a request that goes on too long.
      if (time.hasty && delayMs < 10_000) setImmediate(run);
      return { cancel: () => void time.waits.splice(time.waits.indexOf(wait), 1) };
    },
  };
  const client = new Hedgerow(
    { url: stubs.map(({ url }) => url), ...options },
    { clock: { nowMs: () => time.nowMs }, timers, random: seededRandom(3) },
  );
  return { client, time, seen: stubs.map(({ seen }) => seen) };
}

describe("a client", () => {
  it.each<[Partial<HedgerowOptions>, string]>([
    [{ url: "nonsense" }, 'url must be an http address of a root, not "nonsense"'],
    [{ url: ["http://127.0.0.1:8080", "ftp://127.0.0.1"] }, 'not "ftp://127.0.0.1"'],
    [{ url: [] }, "name at least one root's address"],
    [{ key: "ключ" }, "key must be of letters that a header can carry"],
    [{ key: "two\nlines" }, "key must be of letters that a header can carry"],
    [{ budgetMs: 0 }, "budgetMs must be from 1 to 60000, not 0"],
    [{ budgetMs: Number.NaN }, "not NaN"],
    [{ graceMs: -1 }, "graceMs must be from 0 to 3600000, not -1"],
  ])("of %j is none", (options, problem) => {
    const make = () => new Hedgerow({ url: "http://127.0.0.1:8080", ...options });
    expect(make).toThrow(RangeError);
    expect(make).toThrow(problem);
  });

  it("takes the smallest and the largest numbers", () => {
    expect(() => new Hedgerow({ url: "https://a", budgetMs: 1, graceMs: 0 })).not.toThrow();
    expect(() => new Hedgerow({ url: "https://a", budgetMs: 60_000, graceMs: 3_600_000 })).not.toThrow();
  });
});

describe("a search", () => {
  it("sends the words with the key and the priority, and gives the answer", async () => {
    const { client, seen, time } = await clientOf([() => answer], { key: "secret\n", budgetMs: 80 });
    const found = await client.search<{ title: string }>("a b", "fear of heights", { priority: "batch" });
    expect(found.hits[0]?.id).toBe("1");
    const [request] = seen[0] ?? [];
    expect(request).toMatchObject({
      path: "/v1/indexes/a%20b/search",
      json: { query: "fear of heights", budgetMs: 80 },
    });
    expect(request?.headers).toMatchObject({ authorization: "Bearer secret", "x-priority": "batch" });
    expect(time.waits).toEqual([]);
  });

  it("goes to the next root with what is left of the budget, and begins there from then on", async () => {
    const late = await clientOf([
      () => {
        late.time.nowMs += 30;
        return "hang up";
      },
      () => answer,
    ]);
    await late.client.search("demo", { query: "x", budgetMs: 100 });
    await late.client.search("demo", { query: "y", budgetMs: 100 });
    expect(late.seen[0]).toHaveLength(1);
    expect(late.seen[1]?.map(({ json }) => json)).toEqual([
      { query: "x", budgetMs: 70 },
      { query: "y", budgetMs: 100 },
    ]);
  });

  it("asks no other root once its budget is spent", async () => {
    const spent = await clientOf([
      () => {
        spent.time.nowMs += 100;
        return "hang up";
      },
      () => answer,
    ]);
    await expect(spent.client.search("demo", { query: "x", budgetMs: 100 })).rejects.toThrow(ServiceUnreachable);
    expect(spent.seen[1]).toEqual([]);
  });

  it("asks one root at least, however small its budget and slow its start", async () => {
    stubs = [await startStub(() => answer)];
    let nowMs = 0;
    const timers = { after: () => ({ cancel: () => undefined }) };
    const surroundings = { clock: { nowMs: () => nowMs++ }, timers, random: seededRandom(3) };
    const client = new Hedgerow({ url: stubs[0]?.url ?? "", budgetMs: 1 }, surroundings);
    expect((await client.search("demo", "x")).complete).toBe(true);
    expect(stubs[0]?.seen[0]?.json).toMatchObject({ budgetMs: 1 });
  });

  it("refuses a budget that there cannot be, before anything is sent", async () => {
    const { client, seen } = await clientOf([() => answer]);
    for (const budgetMs of [0, -5, 60_001, Number.NaN]) {
      await expect(client.search("demo", { query: "x", budgetMs })).rejects.toThrow("budgetMs must be from 1 to 60000");
    }
    expect(seen[0]).toEqual([]);
  });

  it("passes over a root that is leaving, and says what it said when there is no other", async () => {
    const { client } = await clientOf([() => refusal(503, "not_ready"), () => answer]);
    expect((await client.search("demo", "x")).complete).toBe(true);
    const alone = await clientOf([() => refusal(503, "not_ready"), hangUp]);
    await expect(alone.client.search("demo", "x")).rejects.toThrow("not_ready");
  });

  it("asks another root to write what the first does not know to have written", async () => {
    const receipt = { id: "a", version: 7, token: "7" };
    const { client } = await clientOf([() => refusal(503, "write_uncertain"), () => ({ json: receipt })]);
    expect(await client.put("demo", { id: "a" })).toEqual(receipt);
    const guarded = await clientOf([() => refusal(503, "write_uncertain"), () => ({ json: receipt })]);
    await expect(guarded.client.put("demo", { id: "a" }, { ifVersion: 3 })).rejects.toThrow(RequestRefused);
    expect(guarded.seen[1]).toEqual([]);
  });

  it.each([502, 503, 504])("passes over a root in whose stead something before it answers %i", async (status) => {
    const { client, seen } = await clientOf([() => ({ status }), () => answer]);
    expect((await client.search("demo", "x")).complete).toBe(true);
    expect(seen[0]).toHaveLength(1);
  });

  it.each([
    [429, "overloaded"],
    [503, "insufficient_coverage"],
    [400, "invalid_query"],
    [504, "deadline_exceeded"],
  ])("takes %i %s from one root for the answer of all", async (status, code) => {
    const { client, seen } = await clientOf([() => refusal(status, code), () => answer]);
    const refused = await client.search("demo", "x").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RequestRefused);
    expect(refused).toMatchObject({ answer: { status, body: { code } } });
    expect(seen[1]).toEqual([]);
  });

  it("gives up when neither root answers in the budget and the grace", async () => {
    const { client, time } = await clientOf([() => new Promise(() => undefined)], { graceMs: 500 });
    const search = client.search("demo", { query: "x", budgetMs: 100 }).catch((error: unknown) => error);
    expect(time.waits.map(({ delayMs }) => delayMs)).toEqual([600]);
    time.waits[0]?.run();
    expect(await search).toEqual(new ServiceUnreachable("no answer within 600 ms"));
  });

  it("passes over a root that takes it and says nothing, late rather than not at all, and begins elsewhere then", async () => {
    const { client, time, seen } = await clientOf([silence, () => answer], { graceMs: 400 });
    const search = client.search("demo", { query: "x", budgetMs: 100 });
    await expect.poll(() => seen[0]?.length).toBe(1);
    expect(time.waits.map(({ delayMs }) => delayMs)).toEqual([500, 200]);
    time.nowMs = 200;
    time.waits[1]?.run();
    expect((await search).complete).toBe(true);
    expect(seen[1]?.[0]?.json).toEqual({ query: "x", budgetMs: 100 });
    expect(time.waits).toEqual([]);
    await client.search("demo", "y");
    expect(seen.map((requests) => requests.length)).toEqual([1, 2]);
  });

  it("is given up by its signal, with the signal's reason", async () => {
    const { client, seen, time } = await clientOf([() => new Promise(() => undefined), () => answer]);
    const controller = new AbortController();
    const search = client.search("demo", "x", { signal: controller.signal }).catch((error: unknown) => error);
    await expect.poll(() => seen[0]?.length).toBe(1);
    controller.abort(new Error("typed on"));
    expect(await search).toEqual(new Error("typed on"));
    expect(seen[1]).toEqual([]);
    expect(time.waits).toEqual([]);
  });

  it("says so when something else answers there", async () => {
    const { client } = await clientOf([() => ({ json: { welcome: true } })]);
    await expect(client.search("demo", "x")).rejects.toThrow("no Hedgerow service");
  });
});

describe("a bulk write", () => {
  it("sends again what was not taken, to whichever root takes it, and names what does not fit", async () => {
    const documents = Array.from({ length: 3000 }, (_, i) => ({ id: `${i}`, text: "x".repeat(1000) }));
    const stored = new Set<string>();
    const { client, time } = await clientOf([
      (_, count) => (count % 2 === 0 ? "hang up" : refusal(503, "not_ready")),
      ({ body }, count) => {
        if (count === 2) return refusal(429, "overloaded");
        const ids = body.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).id]));
        ids.forEach((id) => void stored.add(id));
        const at = ids.indexOf("7");
        const rejected = at === -1 ? [] : [{ line: at + 1, id: "7", code: "invalid_document", detail: "seven" }];
        return { json: { accepted: ids.length - rejected.length, rejected, token: `${count}` } };
      },
    ]);
    time.hasty = true;
    const result = await client.bulk("demo", documents, { parallelism: 2 });
    expect(result).toMatchObject({ accepted: 2999, rejected: 1, rejections: [{ line: 8, id: "7", detail: "seven" }] });
    expect(stored.size).toBe(3000);
  });

  it("stops reading and waiting when its signal is raised", async () => {
    const { client, time, seen } = await clientOf([() => refusal(429, "overloaded")]);
    const controller = new AbortController();
    let made = 0;
    async function* endless() {
      for (;;) yield { id: `${made++}`, text: "x".repeat(1000) };
    }
    const writing = client
      .bulk("demo", endless(), { signal: controller.signal, parallelism: 1 })
      .catch((e: unknown) => e);
    // A pause between two attempts, and not the bound of the first one.
    await expect.poll(() => time.waits.map(({ delayMs }) => delayMs < 10_000)).toEqual([true]);
    const madeBefore = made;
    controller.abort(new Error("enough"));
    expect(await writing).toEqual(new Error("enough"));
    expect({ made, waits: time.waits, requests: seen[0]?.length }).toEqual({
      made: madeBefore,
      waits: [],
      requests: 1,
    });
  });

  it("is given up while it waits for its documents, and has them let go", async () => {
    const { client, seen } = await clientOf([() => ({ json: { accepted: 1, rejected: [] } })]);
    const controller = new AbortController();
    let closed = 0;
    const stalled = {
      next: () => new Promise<IteratorResult<{ id: string }>>(() => undefined),
      async return(): Promise<IteratorResult<{ id: string }>> {
        closed++;
        return { done: true, value: undefined };
      },
    };
    async function* slow() {
      for (let id = 0; ; id++) {
        await new Promise((resolve) => setImmediate(resolve));
        yield { id: `${id}` };
      }
    }
    const { signal } = controller;
    const writings = [{ [Symbol.asyncIterator]: () => stalled }, slow()].map((documents) =>
      client.bulk("demo", documents, { signal }).catch((error: unknown) => error),
    );
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("enough"));
    expect(await Promise.all(writings)).toEqual([new Error("enough"), new Error("enough")]);
    expect(closed).toBe(1);
    expect(await client.bulk("demo", slow(), { signal }).catch((error: unknown) => error)).toEqual(new Error("enough"));
    expect(seen[0]).toEqual([]);
  });
});

describe("a single write", () => {
  const receipt = { json: { id: "1", version: 9, token: "9" } };

  it("goes to another root when its answer is lost, unless it has a condition or deletes", async () => {
    const plain = await clientOf([hangUp, () => receipt]);
    expect(await plain.client.put("demo", { id: "1" })).toEqual(receipt.json);

    const conditional = await clientOf([hangUp, () => receipt]);
    await expect(conditional.client.put("demo", { id: "1" }, { ifVersion: 8 })).rejects.toThrow(ServiceUnreachable);
    expect(conditional.seen[0]?.[0]?.headers["if-match"]).toBe('"8"');
    expect(conditional.seen[1]).toEqual([]);

    const deletion = await clientOf([hangUp, () => receipt]);
    await expect(deletion.client.delete("demo", "1")).rejects.toThrow(ServiceUnreachable);
    expect(deletion.seen[1]).toEqual([]);
  });

  it("goes to another root where one says that it is not ready, whatever it is", async () => {
    const ways: ((client: Hedgerow) => Promise<unknown>)[] = [
      (client) => client.put("demo", { id: "1" }, { ifVersion: 8 }),
      (client) => client.delete("demo", "1"),
      (client) => client.dropIndex("demo"),
    ];
    for (const write of ways) {
      const { client, seen } = await clientOf([() => refusal(503, "not_ready"), () => receipt]);
      await write(client);
      await write(client);
      expect(seen.map((requests) => requests.length)).toEqual([1, 2]);
      const none = await clientOf([() => refusal(503, "not_ready"), () => refusal(503, "not_ready")]);
      await expect(write(none.client)).rejects.toThrow("not_ready");
    }
  });

  it("is not repeated behind a root that may have done it, and the next one begins elsewhere", async () => {
    for (const [first, error] of [
      [() => refusal(503, "write_uncertain"), RequestRefused],
      [() => ({ status: 502, json: {} }), RequestRefused],
      [hangUp, ServiceUnreachable],
    ] as const) {
      const { client, seen } = await clientOf([first, () => receipt]);
      await expect(client.delete("demo", "1")).rejects.toThrow(error);
      expect(seen[1]).toEqual([]);
      await client.delete("demo", "1");
      expect(seen.map((requests) => requests.length)).toEqual([1, 1]);
    }
  });

  it("does not wait for ever for a root that says nothing", async () => {
    const ways: ((client: Hedgerow) => Promise<unknown>)[] = [
      (client) => client.put("demo", { id: "1" }),
      (client) => client.get("demo", "1"),
      (client) => client.bulk("demo", [{ id: "1" }]),
    ];
    const anything = { json: { ...receipt.json, document: {}, accepted: 1, rejected: [] } };
    for (const way of ways) {
      const { client, time, seen } = await clientOf([silence, () => anything]);
      const done = way(client);
      await expect.poll(() => seen[0]?.length).toBe(1);
      for (const { run } of [...time.waits]) run();
      await done;
      await way(client);
      expect(seen.map((requests) => requests.length)).toEqual([1, 2]);
    }
    const alone = await clientOf([silence]);
    const deletion = alone.client.delete("demo", "1").catch((error: unknown) => error);
    await expect.poll(() => alone.seen[0]?.length).toBe(1);
    alone.time.waits[0]?.run();
    expect(await deletion).toEqual(expect.objectContaining({ message: expect.stringMatching(/within 10000 ms$/) }));
  });

  it("can be made to create only", async () => {
    const { client, seen } = await clientOf([() => refusal(412, "version_conflict")]);
    await expect(client.put("demo", { id: "a/b" }, { ifVersion: 0 })).rejects.toThrow("version_conflict");
    expect(seen[0]?.[0]).toMatchObject({ method: "PUT", path: "/v1/indexes/demo/documents/a%2Fb" });
    expect(seen[0]?.[0]?.headers["if-none-match"]).toBe("*");
  });

  it("is read back, or found missing, apart from a missing index", async () => {
    const stored = { id: "1", version: 9, document: { id: "1", title: "x" } };
    const { client } = await clientOf([
      (_, count) =>
        count === 1 ? { json: stored } : refusal(404, count === 2 ? "document_not_found" : "index_not_found"),
    ]);
    expect(await client.get("demo", "1")).toEqual(stored);
    expect(await client.get("demo", "2")).toBeUndefined();
    await expect(client.get("demo", "3")).rejects.toThrow("index_not_found");
  });
});

describe("a switch of aliases", () => {
  const asked = { library: "books-2", old: null };

  it("is one request, goes to another root when its answer is lost, and tells what stands", async () => {
    const { client, seen } = await clientOf([hangUp, () => ({ json: { aliases: { library: "books-2" } } })]);
    expect(await client.setAliases(asked)).toEqual({ library: "books-2" });
    const one = { method: "POST", path: "/v1/aliases", body: JSON.stringify({ set: asked }) };
    expect(seen).toMatchObject([[one], [one]]);
  });

  it("rejects where the service says no, or something else answers there", async () => {
    const { client } = await clientOf([
      (_, count) => (count === 1 ? refusal(404, "index_not_found") : { json: { hello: 1 } }),
    ]);
    await expect(client.setAliases(asked)).rejects.toThrow("index_not_found");
    await expect(client.setAliases(asked)).rejects.toThrow(ServiceUnreachable);
  });
});

describe("a name or an id that a path cannot hold", () => {
  const others: readonly unknown[] = [undefined, null, 7];

  it.each(["", ".", "..", "\ud800", ...others])("%j is refused before anything is sent", async (id) => {
    const { client, seen } = await clientOf([() => ({ json: {} })]);
    const calls = [
      () => Reflect.apply(client.put, client, ["demo", { id }]),
      () => Reflect.apply(client.delete, client, ["demo", id]),
      () => Reflect.apply(client.get, client, ["demo", id]),
      () => Reflect.apply(client.delete, client, [id, "1"]),
      () => Reflect.apply(client.search, client, [id, "x"]),
      () => Reflect.apply(client.bulk, client, [id, [{ id: "1" }]]),
      () => Reflect.apply(client.createIndex, client, [id, { fields: {} }]),
      () => Reflect.apply(client.dropIndex, client, [id]),
    ];
    for (const call of calls)
      await expect(call()).rejects.toThrow(/^the (name of an index|id of a document) (cannot|must)/);
    expect(seen[0]).toEqual([]);
  });
});
