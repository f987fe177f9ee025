import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type ImportOptions, type ImportTarget, importLines } from "../../src/command/bulk-import.ts";
import { createClient } from "../../src/command/client.ts";
import { seededRandom, type Timers } from "../../src/time.ts";
import { type SeenRequest, type StubAnswer, type StubService, startStub } from "../support/stub-service.ts";

let stub: StubService | undefined;
afterEach(async () => stub?.close());

/** Time that passes at once, and is written down. */
function hastyTimers(): Timers & { waitedMs: number[] } {
  const waitedMs: number[] = [];
  return {
    waitedMs,
    after(delayMs, run) {
      waitedMs.push(delayMs);
      const handle = setImmediate(run);
      return { cancel: () => clearImmediate(handle) };
    },
  };
}

/** Takes every document with a number as its id, turns the others away, and gives growing tokens. */
function take(stored: Set<number>): (request: SeenRequest, count: number) => StubAnswer {
  return ({ body }, count) => {
    const rejected: object[] = [];
    let accepted = 0;
    body.split("\n").forEach((text, i) => {
      if (text === "") return;
      const { id } = JSON.parse(text);
      if (typeof id === "number") {
        stored.add(id);
        accepted++;
      } else rejected.push({ line: i + 1, id, code: "invalid_document", detail: "no number" });
    });
    return { json: { accepted, rejected, token: String(count) } };
  };
}

async function load(
  answer: (request: SeenRequest, count: number) => StubAnswer | Promise<StubAnswer>,
  lines: readonly object[],
  options: Partial<ImportOptions> = {},
) {
  stub = await startStub(answer);
  const timers = hastyTimers();
  const target: ImportTarget = { client: createClient(stub.url), index: "a b", timers, random: seededRandom(1) };
  const source = [Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))];
  const outcome = importLines(target, { source, parallelism: 3, batchBytesMax: 64, ...options });
  return { outcome, timers, seen: stub.seen };
}

/** One document's line; JSON has several ways to write its id. */
function written({ id, shape, v }: { id: string; shape: string; v: number }): string {
  if (shape === "late") return `{"v":${v}, "id" : "${id}"}\n`;
  return `{"id":"${shape === "escaped" ? id.replace("é", "\\u00e9") : id}","v":${v}}\n`;
}

const numbered = Array.from({ length: 100 }, (_, id) => ({ id }));

describe("a bulk import", () => {
  it("closes its source when a batch cannot be delivered", async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (const line of numbered) yield Buffer.from(`${JSON.stringify(line)}\n`);
      } finally {
        closed = true;
      }
    }
    const refusal = { status: 403, json: { code: "forbidden", detail: "no" } };
    const { outcome } = await load(() => refusal, [], { source: source() });
    await expect(outcome).rejects.toMatchObject({ message: expect.stringContaining("no") });
    expect(closed).toBe(true);
  });

  it("waits for no source that stalls once a batch cannot be delivered", async () => {
    let closed = 0;
    const pieces = [Buffer.from('{"id":1}\n'.repeat(10))];
    const iterator = {
      async next(): Promise<IteratorResult<Uint8Array>> {
        const value = pieces.pop();
        return value === undefined ? new Promise(() => undefined) : { done: false, value };
      },
      return: () => {
        closed++;
        return new Promise<IteratorResult<Uint8Array>>(() => undefined);
      },
    };
    const source = { [Symbol.asyncIterator]: () => iterator };
    const refusal = { status: 404, json: { code: "index_not_found", detail: "there is none" } };
    const { outcome } = await load(() => refusal, [], { source });
    await expect(outcome).rejects.toThrow("index_not_found: there is none");
    expect(closed).toBe(1);
  });

  it("delivers every line once, as lines of JSON to the index named", async () => {
    const stored = new Set<number>();
    const { outcome, seen } = await load(take(stored), numbered);
    expect(await outcome).toMatchObject({ accepted: 100, rejected: 0, rejections: [], token: String(seen.length) });
    expect(stored.size).toBe(100);
    expect(seen.length).toBeGreaterThan(10);
    for (const { method, path, type } of seen) {
      expect({ method, path, type }).toEqual({
        method: "POST",
        path: "/v1/indexes/a%20b/documents",
        type: "application/x-ndjson",
      });
    }
  });

  it("numbers rejections by the line of the source, in order", async () => {
    const lines = numbered.map(({ id }) => (id % 7 === 3 ? { id: `bad ${id}` } : { id }));
    const { outcome } = await load(take(new Set()), lines);
    const { accepted, rejected, rejections } = await outcome;
    const bad = lines.flatMap(({ id }, i) => (typeof id === "string" ? [{ line: i + 1, id }] : []));
    expect(rejections.map(({ line, id }) => ({ line, id }))).toEqual(bad);
    expect({ accepted, rejected }).toEqual({ accepted: 100 - bad.length, rejected: bad.length });
  });

  it("has no more requests on their way than asked for, and several", async () => {
    let inflight = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const answer = async (): Promise<StubAnswer> => {
      inflight++;
      most = Math.max(most, inflight);
      if (inflight === 3) gate.resolve();
      await gate.promise;
      inflight--;
      return { json: { accepted: 1, rejected: [], token: "1" } };
    };
    await (await load(answer, numbered)).outcome;
    expect(most).toBe(3);
  });

  it("sends again what was refused for now or cut off, until all is in", async () => {
    const trouble = fc.constantFrom<"hang up" | "429" | "503" | "none">("hang up", "429", "503", "none");
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { maxLength: 12 }), async (script) => {
        const stored = new Set<number>();
        const answer = (request: SeenRequest, count: number): StubAnswer => {
          const now = script[count - 1] ?? "none";
          if (now === "hang up") return "hang up";
          return now === "none"
            ? take(stored)(request, count)
            : { status: Number(now), headers: { "retry-after": "1" } };
        };
        const { outcome } = await load(answer, numbered, { parallelism: 2 });
        expect((await outcome).accepted).toBe(100);
        expect(stored.size).toBe(100);
        await stub?.close();
      }),
      { seed: 24, numRuns: 20 },
    );
  });

  it("lets the last of the lines with one id stand, whatever is refused for now", async () => {
    const line = fc.record({ id: fc.integer({ min: 0, max: 40 }), shape: fc.constantFrom("plain", "late", "escaped") });
    const lines = fc.array(line, { minLength: 20, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.constantFrom(0, 413, 429), { maxLength: 12 }), async (given, refusals) => {
        const versions = given.map(({ id, shape }, v) => ({ id: `é${id}`, shape, v }));
        const stands = new Map<string, number>();
        const answer = ({ body }: SeenRequest, count: number): StubAnswer => {
          const refusal = refusals[count - 1] ?? 0;
          if (refusal === 429) return { status: 429, headers: { "retry-after": "1" } };
          if (refusal === 413 && body.trimEnd().includes("\n")) return { status: 413 };
          const documents = body.split("\n").flatMap((text) => (text === "" ? [] : [JSON.parse(text)]));
          for (const { id, v } of documents) stands.set(id, v);
          return { json: { accepted: documents.length, rejected: [], token: String(count) } };
        };
        const { outcome } = await load(answer, [], { source: [Buffer.from(versions.map(written).join(""))] });
        expect((await outcome).accepted).toBe(versions.length);
        expect(stands).toEqual(new Map(versions.map(({ id, v }) => [id, v])));
        await stub?.close();
      }),
      { seed: 25, numRuns: 40 },
    );
  });

  it("waits as long as the service asks, and gives up after a minute", async () => {
    const { outcome, timers } = await load(
      () => ({ status: 503, headers: { "retry-after": "20" }, json: { code: "not_ready", detail: "starting" } }),
      numbered.slice(0, 1),
    );
    await expect(outcome).rejects.toThrow("not_ready: starting");
    expect(timers.waitedMs).toEqual([20_000, 20_000, 20_000]);
  });

  it("stops at a refusal that will not change", async () => {
    const { outcome, seen } = await load(
      () => ({ status: 404, json: { code: "index_not_found", detail: "there is no such index" } }),
      numbered,
    );
    await expect(outcome).rejects.toThrow("index_not_found: there is no such index");
    expect(seen.length).toBeLessThanOrEqual(3);
  });

  it("lets a document that is too large for a request reject itself alone", async () => {
    const stored = new Set<number>();
    const answer = (request: SeenRequest, count: number): StubAnswer =>
      request.body.length > 100
        ? { status: 413, json: { code: "too_large", detail: "the body is too large" } }
        : take(stored)(request, count);
    const lines = [{ id: 1 }, { id: 2, text: "x".repeat(200) }, { id: 3 }];
    const { outcome } = await load(answer, lines);
    expect(await outcome).toMatchObject({
      accepted: 2,
      rejections: [{ line: 2, code: "too_large", detail: "the body is too large" }],
    });
  });

  it("sends what is too large for one request in parts, and no later batch that is", async () => {
    const stored = new Set<number>();
    const isTooLarge = ({ body }: SeenRequest): boolean => body.length > 100;
    const answer = (request: SeenRequest, count: number): StubAnswer =>
      isTooLarge(request) ? { status: 413, json: { code: "too_large", detail: "no" } } : take(stored)(request, count);
    const lines = numbered.map(({ id }) => (id === 41 ? { id: "long", text: "x".repeat(100) } : { id }));
    const { outcome, seen } = await load(answer, lines, { batchBytesMax: 300, parallelism: 1 });
    expect(await outcome).toMatchObject({
      accepted: 99,
      rejections: [{ line: 42, id: "long", code: "too_large", detail: "no" }],
      sizeBytes: lines.reduce((sum, line) => sum + JSON.stringify(line).length + 1, 0),
    });
    expect(stored.size).toBe(99);
    const refused = seen.filter(isTooLarge).map(({ body }) => body.trimEnd().split("\n").length);
    expect(refused.filter((documents) => documents > 1).length).toBeLessThanOrEqual(2);
    expect(refused.at(-1)).toBe(1);
  });

  it("says of itself that a line is too large where only a proxy refused it", async () => {
    const { outcome } = await load(() => ({ status: 413 }), [{ id: "a" }]);
    expect((await outcome).rejections).toEqual([
      { line: 1, id: "a", code: "too_large", detail: "the line is longer than any request may be" },
    ]);
  });

  it("lets a line that no request has room for reject itself alone, and counts it as done", async () => {
    const stored = new Set<number>();
    const long = Buffer.alloc(32 * 1024 * 1024 + 1, "x");
    const source = [Buffer.from('{"id":1}\n'), long, Buffer.from('\n{"id":2}\n{"id":"bad"}\n'), long];
    const { outcome } = await load(take(stored), [], { source });
    expect(await outcome).toMatchObject({
      accepted: 2,
      rejected: 3,
      sizeBytes: source.reduce((sum, { length }) => sum + length, 0),
      rejections: [
        { line: 2, code: "too_large", detail: "the line is longer than 33554432 bytes" },
        { line: 4, id: "bad" },
        { line: 5, code: "too_large" },
      ],
    });
    expect([...stored].sort()).toEqual([1, 2]);
  });

  it("asks for the index where there is nothing to send", async () => {
    const { outcome, seen } = await load(take(new Set()), []);
    expect(await outcome).toMatchObject({ accepted: 0, rejected: 0, sizeBytes: 0, rejections: [] });
    expect(seen.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      { method: "POST", path: "/v1/indexes/a%20b/documents", body: "" },
    ]);
    await stub?.close();
    const none = await load(() => ({ status: 404, json: { code: "index_not_found", detail: "no such index" } }), []);
    await expect(none.outcome).rejects.toThrow("index_not_found: no such index");
  });

  it("tells how far it has come", async () => {
    const told: number[] = [];
    const { outcome } = await load(take(new Set()), numbered, { onProgress: ({ accepted }) => told.push(accepted) });
    await outcome;
    expect(told.at(-1)).toBe(100);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });
});
