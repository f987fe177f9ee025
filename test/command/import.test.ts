import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/command/import.ts";
import { inLines } from "../../src/command/import-source.ts";
import {
  listeningIo,
  type SeenRequest,
  type StubAnswer,
  type StubService,
  startStub,
} from "../support/stub-service.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
let directory = "";
let stub: StubService | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-import-"));
  await writeFile(join(directory, "docs.jsonl"), '{"id":"a"}\n\n{"id":""}\n{"id":"c"}');
  await writeFile(join(directory, "empty.jsonl"), "");
  await writeFile(join(directory, "packed.jsonl"), gzipSync('{"id":"a"}\n'));
  await writeFile(join(directory, "array.json"), '\ufeff\n[{"id":"a"},\n{"id":"b"}]\n');
  await writeFile(join(directory, "marked.json"), '\ufeff{"fields":{"title":{"type":"text"}}}');
  await writeFile(join(directory, "settings.json"), '{"fields":{"title":{"type":"text"}}}');
});
afterEach(async () => stub?.close());
afterAll(() => rm(directory, { recursive: true }));

/** One document of the file does not fit. */
const receipt = {
  accepted: 2,
  rejected: [{ line: 3, id: "", code: "invalid_document", detail: "needs an id\u001b[1m" }],
  token: "7",
};

async function importWith(
  args: string[],
  {
    isTerminal = false,
    answer = () => ({ json: receipt }),
  }: {
    isTerminal?: boolean;
    answer?: (request: SeenRequest) => StubAnswer;
  } = {},
) {
  stub = await startStub(answer);
  const io = listeningIo({ isTerminal, env: { HEDGEROW_URL: stub.url } });
  const inDirectory = args.map((arg) => (/\.(jsonl?)$/.test(arg) ? join(directory, arg) : arg));
  return { code: await run(inDirectory, io), out: io.out(), err: io.err(), seen: stub.seen };
}

describe("hedgerow import", () => {
  it("sends the file, lists what was rejected by line, sums up, and fails for the rest's sake", async () => {
    const { code, out, err, seen } = await importWith(["docs.jsonl", "--index", "books"]);
    expect(code).toBe(1);
    expect(seen.map(({ path, body }) => ({ path, body }))).toEqual([
      { path: "/v1/indexes/books/documents", body: '{"id":"a"}\n\n{"id":""}\n{"id":"c"}' },
    ]);
    expect(err).toBe("line 3 (): invalid_document: needs an id [1m\n");
    expect(out).toMatch(/^2 documents imported, 1 rejected in [\d.]+ m?s \([\d,]+\/s\)\n$/);
  });

  it("says what a file must look like where nothing of one fits", async () => {
    const { rejected } = receipt;
    const none = await importWith(["docs.jsonl", "--index", "books"], {
      answer: () => ({ json: { accepted: 0, rejected } }),
    });
    expect(none.code).toBe(1);
    expect(none.err).toMatch(
      /^line 3 [^\n]*\nhedgerow: not one document fits; a file must hold one JSON object a line, /,
    );
  });

  it("ends at a line that goes on for ever", async () => {
    const chunk = new Uint8Array(64 * 1024 * 1024);
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield chunk;
    }
    const drained = Array.fromAsync(inLines(endless(), "/dev/zero"), () => 1);
    await expect(drained).rejects.toThrow("/dev/zero has a line of more than a gibibyte");
  });

  it("is done when nothing was rejected", async () => {
    const answer = () => ({ json: { accepted: 3, rejected: [], token: "7" } });
    const { code, err } = await importWith(["docs.jsonl", "--index", "books"], { answer });
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("counts one document as one", async () => {
    const { out } = await importWith(["docs.jsonl", "--index", "books"], { answer: () => ({ json: { accepted: 1 } }) });
    expect(out).toMatch(/^1 document imported in /);
  });

  it("draws its progress on a terminal, and takes it away", async () => {
    const { err } = await importWith(["docs.jsonl", "--index", "books"], { isTerminal: true });
    expect(err).toContain("\r\x1b[2Kimporting  ████████████████████████ 100%  2 documents");
    expect(err.slice(err.lastIndexOf("\r")).startsWith("\r\x1b[2Kline 3")).toBe(true);
  });

  it("tells programs all of it with --json", async () => {
    const { code, out, err } = await importWith(["docs.jsonl", "--index", "books", "--json"]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      accepted: 2,
      rejected: 1,
      sizeBytes: 32,
      token: "7",
      rejections: receipt.rejected,
    });
  });

  it("creates the index first where settings are given, and goes no further when that is refused", async () => {
    const args = ["docs.jsonl", "--index", "books", "--settings", "settings.json"];
    const { seen } = await importWith(args);
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "PUT /v1/indexes/books",
      "POST /v1/indexes/books/documents",
    ]);
    expect(seen[0]?.json).toEqual({ fields: { title: { type: "text" } } });
    await stub?.close();
    const answer = () => ({ status: 409, json: { code: "index_exists", detail: "it stands with other settings" } });
    const refused = await importWith(args, { answer });
    expect(refused).toMatchObject({ code: 1, err: "hedgerow: index_exists: it stands with other settings\n" });
    expect(refused.seen.length).toBe(1);
  });

  it("takes settings that begin with a byte order mark", async () => {
    const { seen } = await importWith(["docs.jsonl", "--index", "books", "--settings", "marked.json"]);
    expect(seen[0]?.json).toEqual({ fields: { title: { type: "text" } } });
  });

  it("fails for an index that is not there, with nothing to load as with a document", async () => {
    const answer = () => ({ status: 404, json: { code: "index_not_found", detail: "there is no such index" } });
    for (const file of ["docs.jsonl", "empty.jsonl"]) {
      const { code, out, err } = await importWith([file, "--index", "books"], { answer });
      const message = "hedgerow: index_not_found: there is no such index\n";
      expect({ code, out, err }).toEqual({ code: 1, out: "", err: message });
      await stub?.close();
    }
  });

  it("says once why no answer comes, and goes on", async () => {
    const hangUps = { left: 2 };
    const answer = (): StubAnswer => (hangUps.left-- > 0 ? "hang up" : { json: { ...receipt, rejected: [] } });
    const { code, err } = await importWith(["docs.jsonl", "--index", "books"], { answer });
    expect(code).toBe(0);
    expect(err).toMatch(/^hedgerow: no answer from http:[^\n]*; trying again for a minute\n$/);
  });

  it("says once why the service takes nothing, but not that it has too much to do, and goes on", async () => {
    const full = { code: "storage_unavailable", detail: "the disk is full" };
    const refusals = [{ status: 429 }, { status: 503, json: full }, { status: 503, json: full }];
    const answer = (): StubAnswer => refusals.shift() ?? { json: { ...receipt, rejected: [] } };
    const { code, err } = await importWith(["docs.jsonl", "--index", "books"], { answer });
    const said = "hedgerow: storage_unavailable: the disk is full; trying again for a minute\n";
    expect({ code, err }).toEqual({ code: 0, err: said });
  });

  it("ends when it is refused, whatever is still to come on standard input", async () => {
    stub = await startStub(() => ({
      status: 404,
      json: { code: "index_not_found", detail: "there is no such index" },
    }));
    const args = [program, "import", "-", "--index", "books", "--batch-mb", "0.01", "--url", stub.url];
    const command = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "ignore"] });
    const ended = once(command, "close");
    command.stdin.on("error", () => undefined);
    command.stdin.write('{"id":"a"}\n'.repeat(2_000));
    expect(await ended).toEqual([1, null]);
  });

  it.each([
    ["is refused", { status: 403, json: { code: "forbidden", detail: "no" } } as const, [1, null]],
    ["is interrupted", "stall" as const, [null, "SIGINT"]],
  ])("says what is in when it %s on its way", async (_how, then, end) => {
    const { promise: isSecond, resolve } = Promise.withResolvers<void>();
    stub = await startStub((_request, count) => {
      if (count === 2) resolve();
      return count === 1 ? { json: { accepted: 900, rejected: [], token: "7" } } : then;
    });
    const args = ["import", "-", "--index", "books", "--batch-mb", "0.01", "--parallel", "1", "--url", stub.url];
    const command = spawn(process.execPath, [program, ...args], { stdio: ["pipe", "ignore", "pipe"] });
    const said = text(command.stderr);
    const ended = once(command, "close");
    command.stdin.on("error", () => undefined);
    command.stdin.write('{"id":"a"}\n'.repeat(2_000));
    await isSecond;
    if (then === "stall") command.kill("SIGINT");
    expect(await ended).toEqual(end);
    const known =
      "hedgerow: broken off with 900 documents in, and perhaps more; to import all of it again does no harm\n";
    expect((await said).startsWith(known)).toBe(true);
  });

  it("lists a line that is too long by its number, and loads the rest", async () => {
    const long = Buffer.alloc(33 * 1024 * 1024, "x");
    await writeFile(join(directory, "long.jsonl"), ['{"id":"a"}\n', long, '\n{"id":"b"}\n'].map(String).join(""));
    const answer = ({ body }: SeenRequest) => ({
      json: { accepted: body.trimEnd().split("\n").length, rejected: [], token: "7" },
    });
    const { code, out, err, seen } = await importWith(["long.jsonl", "--index", "books"], { answer });
    expect({ code, err }).toEqual({
      code: 1,
      err: "line 2: too_large: the line is longer than 33554432 bytes\n",
    });
    expect(out).toMatch(/^2 documents imported, 1 rejected in /);
    expect(seen.map(({ body }) => body).sort()).toEqual(['{"id":"a"}\n', '{"id":"b"}\n']);
  });

  it.each([
    [["--index", "books"], 2, "name the file to import"],
    [["packed.jsonl", "--index", "books"], 2, "is packed by gzip; gzip -dc FILE | hedgerow import -"],
    [["array.json", "--index", "books"], 2, "is one JSON array; jq -c '.[]' FILE | hedgerow import - --index NAME"],
    [["docs.jsonl"], 2, "--index must name the index"],
    [["docs.jsonl", "more.jsonl", "--index", "books"], 2, "one file at a time"],
    [["docs.jsonl", "--index", "books", "--settings", "docs.jsonl"], 2, "is not JSON"],
    [["docs.jsonl", "--index", "books", "--parallel", "0"], 2, "--parallel must be a whole number from 1 to 16"],
    [["nothing.jsonl", "--index", "books"], 1, "there is no such file"],
  ])("%j ends with code %i and sends nothing", async (args, expected, message) => {
    const { code, err, seen } = await importWith(args);
    expect({ code, seen }).toEqual({ code: expected, seen: [] });
    expect(err).toContain(message);
  });
});
