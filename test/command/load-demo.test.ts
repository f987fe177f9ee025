import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoSettings } from "../../data/corpus.ts";
import { run } from "../../src/command/load-demo.ts";
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

describe("hedgerow demo", () => {
  it("writes nothing to a cluster that has the corpus already", async () => {
    await writeFile(join(directory, "demo.json"), JSON.stringify({ documents: 3, incarnation: 7 }));
    stub = await startStub(({ path }) =>
      path.endsWith("/search")
        ? { json: { complete: true, shards: [{ sequence: 1 }] } }
        : { json: { incarnation: 7, fields: demoSettings.fields } },
    );
    const io = listeningIo();
    expect(await run(["--url", stub.url, "--data", directory], io)).toBe(0);
    expect(stub.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /v1/indexes/demo",
      "POST /v1/indexes/demo/search",
    ]);
  });

  it("says what is wrong with a flag, and where nothing answers", async () => {
    const io = listeningIo();
    expect(await run(["--shard", "3"], io)).toBe(2);
    expect(io.err()).toContain("did you mean --shards?");
    expect(await run(["--url", "http://127.0.0.1:9", "--data", directory], io)).toBe(1);
    expect(io.err()).toContain("no answer from http://127.0.0.1:9");
  });
});
