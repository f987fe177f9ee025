import { afterEach, describe, expect, it } from "vitest";
import { run } from "../../src/command/search.ts";
import { bodyFromParameters, searchBodySchema } from "../../src/protocol/search-request.ts";
import { listeningIo, type StubAnswer, type StubService, startStub } from "../support/stub-service.ts";

let stub: StubService | undefined;
afterEach(async () => stub?.close());

const answer = {
  index: "demo",
  hits: [
    {
      id: "n1",
      score: 11.48249,
      settled: true,
      document: { title: "anemometer", body: "a gauge" },
      highlights: { body: ["a <mark>gauge</mark> &amp; more"] },
    },
    {
      id: "n\u001b[31m\n2",
      score: 2,
      settled: false,
      document: { title: "evil\u001b[2Jtitle", body: `${"long ".repeat(100)}` },
    },
  ],
  total: { value: 1204, exact: true },
  facets: { pos: { exact: true, missing: 0, buckets: [{ value: "noun", count: 1200, errorMax: 0 }] } },
  complete: false,
  coverage: { documents: 0.7499, shards: { total: 4, complete: 3, truncated: 0, missing: 1 } },
  shards: [
    { shard: 0, outcome: "complete", leaf: "leaf-1" },
    { shard: 2, outcome: "late", leaf: "leaf-3" },
  ],
  corrections: [{ from: "anemometr", to: ["anemometer"] }],
  afterReached: false,
  timing: { budgetMs: 250, tookMs: 3.24 },
};

async function search(args: string[], given: StubAnswer = { json: answer }, env: Record<string, string> = {}) {
  stub = await startStub(() => given);
  const io = listeningIo({ env: { HEDGEROW_URL: stub.url, ...env } });
  const code = await run(args, io);
  return { code, out: io.out(), err: io.err(), seen: stub.seen };
}

describe("hedgerow search", () => {
  it.each([
    [11.48249, "11.482"],
    [0.1, "0.100"],
    [0.0421234, "0.0421"],
    [0.0000002, "2.00e-7"],
    [0, "0.00"],
  ])("shows a score of %d as %s", async (score, shown) => {
    const { out } = await search(["wind"], { json: { ...answer, hits: [{ id: "n1", score }] } });
    expect(out).toContain(`(n1, ${shown})`);
  });

  it("shows hits, corrections, facets, and honestly what the answer rests on", async () => {
    const { code, out, err } = await search(["wind", "gauge"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")).toEqual([
      "looked for anemometer instead of anemometr",
      "",
      "  1. anemometer  (n1, 11.482)",
      "     a *gauge* & more",
      "  2. evil [2Jtitle  (n [31m 2, 2.000, may still change)",
      expect.stringMatching(/^ {5}long .{190,194}…$/),
      "",
      "pos: noun 1,200",
      "",
      "2 shown, 1,204 found, 3.2 of 250 ms, 74.9 % of the documents searched (3 of 4 shards whole)",
      "  the write of --after may not be in it; a larger --budget-ms gives it more time",
      "  shard 2: late on leaf-3",
      "",
    ]);
  });

  it("sends every flag as the field of the same name, and nothing that was not said", async () => {
    const args =
      "--index books fear of heights --size 3 --from 2 --match 75 --fields title^2,body --prefix --typos 1 --facets pos " +
      "--sort -year,_score --highlight=body --returned title --budget-ms 50.5 --min-coverage .5 --no-hedge " +
      "--after 17 --no-cache --explain --profile --cursor c";
    const { seen } = await search([...args.split(" "), "--filter", '{"pos": ["noun"]}']);
    expect(seen[0]).toMatchObject({ method: "POST", path: "/v1/indexes/books/search", type: "application/json" });
    const body = Object(seen[0]?.json);
    expect(body).toEqual({
      query: "fear of heights",
      size: 3,
      from: 2,
      match: 75,
      fields: ["title^2", "body"],
      prefix: true,
      typos: 1,
      facets: ["pos"],
      sort: ["-year", "_score"],
      highlight: ["body"],
      returned: ["title"],
      budgetMs: 50.5,
      minCoverage: 0.5,
      hedge: false,
      after: "17",
      cache: false,
      explain: true,
      profile: true,
      cursor: "c",
      filter: { pos: ["noun"] },
    });
    expect(Object.keys(body).sort()).toEqual(Object.keys(searchBodySchema.properties).sort());
    await stub?.close();
    const { seen: plain } = await search(["bees"]);
    expect(plain[0]).toMatchObject({ path: "/v1/indexes/demo/search", json: { query: "bees" } });
    expect(Object.keys(Object(plain[0]?.json))).toEqual(["query"]);
  });

  it("reads texts as the service's query parameters do", async () => {
    for (const [name, text] of [
      ["match", "all"],
      ["match", "62.5"],
      ["match", "0x10"],
      ["typos", "auto"],
      ["budgetMs", "12"],
      ["fields", "a,b"],
    ] as const) {
      const flag = `--${name === "budgetMs" ? "budget-ms" : name}`;
      const { seen } = await search([flag, text]);
      const parameters = bodyFromParameters({ query: "", [name]: text });
      expect(parameters).toEqual({ kind: "body", body: seen[0]?.json });
      await stub?.close();
    }
  });

  it("prints the answer as it came with --json", async () => {
    const { code, out } = await search(["x", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(answer);
  });

  it("takes its flags from variables, and passes over those of services", async () => {
    const env = {
      HEDGEROW_INDEX: "t1",
      HEDGEROW_JSON: "1",
      HEDGEROW_PORT: "1",
      HEDGEROW_DATA: "x",
      HEDGEROW_KEY_FILE: "",
    };
    const { code, out, seen } = await search(["wind"], { json: answer }, env);
    expect({ code, path: seen[0]?.path }).toEqual({ code: 0, path: "/v1/indexes/t1/search" });
    expect(JSON.parse(out)).toEqual(answer);
    await stub?.close();
    const slip = await search(["wind"], { json: answer }, { HEDGEROW_INDX: "t1" });
    expect({ code: slip.code, seen: slip.seen }).toEqual({ code: 2, seen: [] });
    expect(slip.err).toMatch(/^hedgerow: HEDGEROW_INDX: there is no such setting; did you mean HEDGEROW_INDEX\?\n/);
  });

  it("fails with the problem's code, reason and places", async () => {
    const problem = {
      code: "invalid_request",
      detail: "/size must be <= 5",
      errors: [
        { path: "/size", detail: "must be <= 5" },
        { path: "/from", detail: "too deep" },
      ],
    };
    const { code, out, err } = await search(["x"], { status: 400, json: problem });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe("hedgerow: invalid_request: --size: must be <= 5\n  --from: too deep\n");
    await stub?.close();
    const asJson = await search(["x", "--json"], { status: 503, json: problem });
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.out)).toEqual(problem);
  });

  it("says when nothing answers", async () => {
    const { code, err } = await search(["x"], "hang up");
    expect(code).toBe(1);
    expect(err).toContain(`hedgerow: no answer from ${stub?.url}`);
    await stub?.close();
    const io = listeningIo();
    expect(await run(["x", "--url", stub?.url ?? ""], io)).toBe(1);
    expect(io.err()).toContain("nothing listens there (hedgerow up starts a cluster)");
  });

  it("says so when it asks for TLS where there is none", async () => {
    stub = await startStub(() => ({ json: {} }));
    const io = listeningIo();
    expect(await run(["x", "--url", stub.url.replace("http:", "https:")], io)).toBe(1);
    expect(io.err()).toMatch(/^hedgerow: no answer from https:[^\n]*: what listens there takes no TLS[^\n]*\n$/);
  });

  it("asks nothing when it is misused, and says how it is used", async () => {
    for (const args of [
      ["--sizee", "3"],
      ["--size", "-1"],
      ["--url", "ftp://x"],
      ["--key-file", ""],
      ["--key-file="],
      ["--key-file", "/nowhere/token"],
    ]) {
      const { code, err, seen } = await search(args);
      expect({ code, seen }).toEqual({ code: 2, seen: [] });
      expect(err).toMatch(/^hedgerow: .*--(sizee|size|url|key-file).*\nhedgerow search "words"/);
      await stub?.close();
    }
    const { code, err } = await search(["x"], {}, { HEDGEROW_URL: "nowhere" });
    expect(code).toBe(2);
    expect(err).toContain('HEDGEROW_URL must be an http address such as http://127.0.0.1:8080, not "nowhere"');
  });

  it("survives an answer of any other shape", async () => {
    for (const json of [null, [], { hits: [null, { document: 3, highlights: [] }], facets: { a: null } }]) {
      const { code, out } = await search(["x"], { json });
      expect(code).toBe(0);
      expect(out).toContain("0 found");
      await stub?.close();
    }
    // Which can be told from an answer at all, as a page can.
    expect(await search(["x"], { json: "x" })).toMatchObject({ code: 1, out: "" });
  });
});
