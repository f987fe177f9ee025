import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoSettings } from "../../data/corpus.ts";
import { run } from "../../src/command/load-demo.ts";
import { newToken } from "../../src/security/token.ts";
import { listeningIo, type StubService, startStub } from "../support/stub-service.ts";

let directory = "";
let stub: StubService | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-load-demo-"));
});
afterEach(async () => {
  await stub?.close();
  await rm(directory, { recursive: true });
});

/** A cluster with the corpus in it, or with an index of that name and other fields. */
function startStanding(fields: object = demoSettings.fields): Promise<StubService> {
  return startStub(({ path }) =>
    path.endsWith("/search")
      ? { json: { complete: true, total: { value: 117_791, exact: true } } }
      : { json: { incarnation: 7, fields } },
  );
}

describe("hedgerow demo", () => {
  it("writes nothing to a cluster that has the corpus already", async () => {
    stub = await startStanding();
    const io = listeningIo();
    expect(await run(["--url", stub.url, "--data", directory], io)).toBe(0);
    expect(stub.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/indexes/demo",
      "GET /readyz",
      "POST /v1/indexes/demo/search",
    ]);
    expect({ out: io.out(), err: io.err() }).toEqual({
      out: "",
      err: "demo corpus: all of it is there already; nothing was loaded\n",
    });
  });

  it.each([
    [demoSettings.fields, "standing", 0],
    [{ title: { type: "text" } }, "foreign", 1],
  ])("tells programs that nothing was loaded, and why, with --json", async (fields, outcome, code) => {
    stub = await startStanding(fields);
    const io = listeningIo();
    expect(await run(["--url", stub.url, "--data", directory, "--json"], io)).toBe(code);
    expect(JSON.parse(io.out())).toEqual({ index: "demo", outcome });
  });

  it("presents the key that it was given", async () => {
    const { token } = newToken();
    const file = join(directory, "token");
    await writeFile(file, token);
    stub = await startStub(() => ({ status: 403, json: { code: "forbidden" } }));
    expect(await run(["--url", stub.url, "--data", directory, "--key-file", file], listeningIo())).toBe(1);
    expect(stub.seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${token}`]);
  });

  it("makes no directory where there is nothing to load", async () => {
    const data = join(directory, "none");
    expect(await run(["--url", "http://127.0.0.1:9", "--data", data], listeningIo())).toBe(1);
    stub = await startStanding();
    expect(await run(["--url", stub.url, "--data", data], listeningIo())).toBe(0);
    expect(existsSync(data)).toBe(false);
  });

  it("loads nothing where the directory cannot be made", async () => {
    stub = await startStub(() => ({ status: 404, json: { code: "index_not_found" } }));
    await writeFile(join(directory, "file"), "");
    const io = listeningIo();
    expect(await run(["--url", stub.url, "--data", join(directory, "file", "below")], io)).toBe(1);
    expect(io.err()).toContain(join(directory, "file"));
    expect(stub.seen.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("says what is wrong with a flag, and where nothing answers", async () => {
    const io = listeningIo();
    expect(await run(["--shard", "3"], io)).toBe(2);
    expect(io.err()).toContain("did you mean --shards?");
    expect(await run(["--url", "http://127.0.0.1:9", "--data", directory], io)).toBe(1);
    expect(io.err()).toContain("no answer from http://127.0.0.1:9");
  });
});
