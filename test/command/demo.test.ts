import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DemoDocument, demoSettings, wordnetLicense } from "../../data/corpus.ts";
import { createClient } from "../../src/command/client.ts";
import { loadDemo } from "../../src/command/demo.ts";
import {
  listeningIo,
  type SeenRequest,
  type StubAnswer,
  type StubService,
  startStub,
} from "../support/stub-service.ts";

let parent = "";
/** Not there before it is needed. */
let directory = "";
let stub: StubService | undefined;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "hedgerow-demo-"));
  directory = join(parent, "made", "below");
});
afterEach(async () => {
  await stub?.close();
  await rm(parent, { recursive: true });
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

type Index = { incarnation: number; fields: object; holds?: number };

/** A service with or without a demo index, which is ready at the second look and finds a write at the third search. */
function service(index: Index | undefined): (request: SeenRequest) => StubAnswer {
  let current = index;
  let clusterLooks = 0;
  let searches = 0;
  let looks = 0;
  return ({ method, path, body }) => {
    if (path === "/readyz") {
      looks++;
      const shards = looks === 1 ? [{ index: "demo", shard: 0 }] : [{ index: "other", shard: 0 }];
      return { status: 503, json: { status: "not ready", shards } };
    }
    if (path === "/v1/cluster") {
      const states = ["ready", clusterLooks++ === 0 ? "catching-up" : "unreachable"];
      return { json: { indexes: [{ index: "demo", shards: [{ replicas: states.map((state) => ({ state })) }] }] } };
    }
    if (path.endsWith("/search")) {
      if (!body.includes("after")) return { json: { complete: true, total: { value: current?.holds ?? 0 } } };
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

const url = "http://demo.example";

/** `url` is what the cluster goes by, `fails` whether its loads are cut short, `takesBytes` how much it takes at once. */
async function load(index?: Index, { name = url, fails = false, takesBytes = 1000 } = {}) {
  const answer = service(index);
  stub = await startStub((request) => {
    if (!request.path.endsWith("/documents")) return answer(request);
    if (request.body.length > takesBytes) return { status: 413, json: { code: "too_large", detail: "no" } };
    return fails ? { status: 403, json: { code: "forbidden" } } : answer(request);
  });
  const io = listeningIo();
  const client = { ...createClient(stub.url), url: name };
  const options = { client, dataDirectory: directory, shards: 3, replicas: 1 };
  const loading = loadDemo({ ...options, documents: () => documents, documentCount: documents.length }, io);
  if (fails) await expect(loading).rejects.toThrow("forbidden");
  const outcome = fails ? undefined : await loading;
  const { seen, close } = stub;
  await close();
  const calls = seen.map(({ method, path }) => `${method} ${path.replace("/v1/indexes/", "")}`);
  return { err: io.err(), out: io.out(), seen, calls, outcome };
}

describe("the demo", () => {
  it("is created, loaded, waited for, and remembered", async () => {
    const { err, out, seen, calls, outcome } = await load();
    expect(outcome).toEqual({ kind: "loaded", documents: 3, tookMs: expect.any(Number) });
    expect(calls).toEqual([
      "GET demo",
      "PUT demo",
      "POST demo/documents",
      ...Array.from({ length: 3 }, () => "POST demo/search"),
      "GET demo",
      "GET /v1/cluster",
      "GET /v1/cluster",
    ]);
    expect(seen[1]?.json).toEqual({ ...demoSettings, notice: wordnetLicense(), shards: 3, replicas: 1 });
    const lines = seen[2]?.body.trimEnd().split("\n") ?? [];
    expect(lines.map((line) => JSON.parse(line))).toEqual(documents);
    expect(seen[3]?.json).toMatchObject({ after: "9", size: 0 });
    expect(err).toMatch(/^demo corpus: 3 documents in [\d.]+ m?s \([\d,]+\/s\)\n$/);
    expect(out).toBe("");
    expect(JSON.parse(await readFile(join(directory, "demo.json"), "utf8"))).toEqual({
      url,
      documents: 3,
      incarnation: 4,
    });
  });

  it("is loaded in parts where the service takes no more at once, without what is too large for it alone", async () => {
    const { err, outcome } = await load(undefined, { takesBytes: 134 });
    expect(outcome).toMatchObject({ kind: "loaded", documents: 2 });
    expect(err).toMatch(/^demo corpus: 2 documents, 1 rejected, in /);
  });

  const standing = { incarnation: 4, fields: demoSettings.fields };
  const asked = ["GET demo", "GET /readyz", "GET /readyz", "POST demo/search"];

  it("is not loaded where the index holds all of it, whoever loaded that", async () => {
    const { calls, err, outcome } = await load({ ...standing, holds: 3 });
    expect({ calls, err, outcome }).toEqual({ calls: asked, err: "", outcome: { kind: "standing" } });
  });

  it("is not loaded again after a load that ended, so that what was deleted stays so", async () => {
    await load();
    expect((await load({ ...standing, holds: 1 })).calls).toEqual(asked);
  });

  it("is loaded where a part of it is there and no load from here has ended in that very index", async () => {
    await load();
    const part = { ...standing, holds: 2 };
    const another = await load(part, { name: "http://another.example" });
    expect(another.calls).toContain("POST demo/documents");
    expect(another.calls).not.toContain("PUT demo");
    expect((await load({ ...part, incarnation: 5 }, { name: "http://another.example" })).calls).toContain(
      "POST demo/documents",
    );
    await writeFile(join(directory, "demo.json"), '{"incarn');
    expect((await load(part)).calls).toContain("POST demo/documents");
  });

  it("is loaded again after a load that was cut short, whatever had ended before", async () => {
    await load();
    await load(undefined, { fails: true });
    expect((await load({ ...standing, holds: 2 })).calls).toContain("POST demo/documents");
  });

  it("never touches an index of that name that is somebody's own", async () => {
    const { calls, err, outcome } = await load({ incarnation: 1, fields: { title: { type: "text" } } });
    expect(outcome).toEqual({ kind: "foreign" });
    expect(calls).toEqual(["GET demo"]);
    expect(err).toContain('an index "demo" with other fields stands');
  });
});
