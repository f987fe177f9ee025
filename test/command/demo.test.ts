import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoDocument, demoSettings, wordnetLicense } from "../../data/corpus.ts";
import { loadDemo } from "../../src/command/demo.ts";
import {
  listeningIo,
  type SeenRequest,
  type StubAnswer,
  type StubService,
  startStub,
} from "../support/stub-service.ts";

let directory = "";
let stub: StubService | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-demo-"));
});
afterEach(async () => {
  await stub?.close();
  await rm(directory, { recursive: true });
});

const documents: DemoDocument[] = ["bee", "wasp", "ant"].map((title, i) => ({
  id: `n0000000${i}`,
  title,
  synonyms: [],
  body: "an insect",
  examples: [],
  pos: "noun",
  category: "animal",
  broader: ["insect"],
}));

/** A service with or without a demo index, which finds a write at the third search for it. */
function service(index: { incarnation: number; fields: object } | undefined): (request: SeenRequest) => StubAnswer {
  let current = index;
  let searches = 0;
  return ({ method, path, body }) => {
    if (path.endsWith("/search")) {
      searches++;
      const sequences = searches >= 3 ? [9, 11] : [9, 8];
      return { json: { complete: searches >= 2, shards: sequences.map((sequence) => ({ sequence })) } };
    }
    if (path.endsWith("/documents"))
      return { json: { accepted: body.split("\n").length - 1, rejected: [], token: "9" } };
    if (method === "PUT") current = { incarnation: 4, ...JSON.parse(body) };
    return current === undefined ? { status: 404, json: { code: "index_not_found" } } : { json: current };
  };
}

async function load(index?: { incarnation: number; fields: object }) {
  stub = await startStub(service(index));
  const io = listeningIo();
  const options = { url: stub.url, dataDirectory: directory, shards: 3, replicas: 1, documents: () => documents };
  await loadDemo(options, io);
  const { seen, close } = stub;
  await close();
  return { err: io.err(), out: io.out(), seen, calls: seen.map(({ method, path }) => `${method} ${path.slice(12)}`) };
}

describe("the demo", () => {
  it("is created, loaded, waited for, and remembered", async () => {
    const { err, out, seen, calls } = await load();
    expect(calls).toEqual([
      "GET demo",
      "PUT demo",
      "POST demo/documents",
      ...Array.from({ length: 3 }, () => "POST demo/search"),
      "GET demo",
    ]);
    expect(seen[1]?.json).toEqual({ ...demoSettings, notice: wordnetLicense(), shards: 3, replicas: 1 });
    const lines = seen[2]?.body.trimEnd().split("\n") ?? [];
    expect(lines.map((line) => JSON.parse(line))).toEqual(documents);
    expect(seen[3]?.json).toMatchObject({ after: "9", size: 0 });
    expect(err).toMatch(/^demo corpus: 3 documents in [\d.]+ m?s \([\d,]+\/s\)\n$/);
    expect(out).toBe("");
    expect(JSON.parse(await readFile(join(directory, "demo.json"), "utf8"))).toEqual({ documents: 3, incarnation: 4 });
  });

  it("is not loaded again while the index is the one that was loaded", async () => {
    await load();
    const { calls, err } = await load({ incarnation: 4, fields: demoSettings.fields });
    expect(calls).toEqual(["GET demo", ...Array.from({ length: 2 }, () => "POST demo/search")]);
    expect(err).toBe("");
  });

  it("is loaded again after the index was dropped, or a load was cut short", async () => {
    await load();
    const other = await load({ incarnation: 5, fields: demoSettings.fields });
    expect(other.calls).toContain("POST demo/documents");
    expect(other.calls).not.toContain("PUT demo");
    await writeFile(join(directory, "demo.json"), '{"incarn');
    const cut = await load({ incarnation: 5, fields: demoSettings.fields });
    expect(cut.calls).toContain("POST demo/documents");
  });

  it("never touches an index of that name that is somebody's own", async () => {
    const { calls, err } = await load({ incarnation: 1, fields: { title: { type: "text" } } });
    expect(calls).toEqual(["GET demo"]);
    expect(err).toContain('an index "demo" with other fields stands');
  });
});
