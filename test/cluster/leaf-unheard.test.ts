import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { type RoleHome, type RoleProcess, roleHome } from "../support/roles.ts";
import { eventually } from "../support/up.ts";
import { listOf } from "../support/word-index.ts";

const documents = Array.from({ length: 400 }, (_, i) => ({ id: `d${i}`, title: `word${i % 7}`, color: `c${i % 3}` }));
const query = { facets: ["color"], size: 0, cache: false, budgetMs: 5_000 };

let home: RoleHome;
let root: RoleProcess;
let leaves: RoleProcess[] = [];

beforeAll(async () => {
  home = await roleHome();
  leaves = await Promise.all(["one", "two"].map((name) => home.leaf(name)));
  root = await home.root("root", ["--leaf-urls", leaves.map(({ url }, i) => `leaf-${i}=${url}`).join(",")]);
  for (const index of ["whole", "few"]) await create(index);
  await write("whole", documents);
  await write("few", documents.slice(0, 8));
});

afterAll(() => home.remove());

async function create(index: string): Promise<void> {
  const fields = { title: { type: "text" }, color: { type: "keyword" } };
  await root.request("PUT", `/v1/indexes/${index}`, { fields, shards: 4, replicas: 1 });
}

async function write(index: string, written: readonly object[]): Promise<void> {
  const { status, body } = await root.request("POST", `/v1/indexes/${index}/documents`, written);
  expect({ status, accepted: body.accepted }).toEqual({ status: 200, accepted: written.length });
  const waited = { ...query, after: String(body.token), budgetMs: 10_000 };
  await root.request("POST", `/v1/indexes/${index}/search`, waited);
}

async function search(index: string, more: object = {}): ReturnType<RoleProcess["request"]> {
  return await root.request("POST", `/v1/indexes/${index}/search`, { ...query, ...more });
}

/** That an answer of an index of all documents, of which two shards are missing, claims no more than it has. */
async function claimsNoMore(index: string): Promise<void> {
  const { status, body } = await search(index);
  const { total, coverage, facets } = body;
  if (!isRecord(total) || !isRecord(coverage) || !isRecord(facets) || !isRecord(facets.color))
    throw new Error("no 200");
  expect({ status, exact: total.exact, shards: coverage.shards }).toMatchObject({
    status: 200,
    exact: false,
    shards: { complete: 2, missing: 2 },
  });
  const share = Number(total.value) / documents.length;
  expect(share).toBeLessThan(0.8);
  expect(Math.abs(Number(coverage.documents) - share)).toBeLessThan(0.1);
  expect(facets.color.exact).toBe(false);
  for (const { value, count, errorMax } of listOf(facets.color.buckets)) {
    const real = documents.filter(({ color }) => color === value).length;
    expect(Number(count) + Number(errorMax)).toBeGreaterThanOrEqual(real);
    // Every index's writes have their sequences: of all that were made, not more can be missing.
    expect(errorMax).toBeLessThanOrEqual(3 * documents.length);
  }
  const strict = await search(index, { minCoverage: 0.9 });
  expect(strict).toMatchObject({ status: 503, body: { code: "insufficient_coverage", coverage } });
}

describe("shards of which a root has not heard all that was acknowledged", () => {
  it("weigh in the answers of one that goes on while their leaf is gone", async () => {
    expect((await search("whole")).body).toMatchObject({ complete: true, coverage: { documents: 1 } });
    await leaves[1]?.end("SIGKILL");
    await eventually("its shards are missing", async () => (await search("few")).body.complete === false);
    await create("new");
    await write("new", documents);
    await claimsNoMore("new");
    await write("few", documents);
    await claimsNoMore("few");
  });

  it("weigh in those of one that has started without them", async () => {
    await root.end("SIGTERM");
    await root.start();
    for (const index of ["whole", "new", "few"]) {
      await eventually("what is there is found", async () => (await search(index)).status === 200);
      await claimsNoMore(index);
    }
  });

  it("are nothing that a root covers which can ask none", async () => {
    await root.end("SIGTERM");
    await leaves[0]?.end("SIGKILL");
    await root.start();
    const coverage = { documents: 0, shards: { total: 4, missing: 4 } };
    expect(await search("whole")).toMatchObject({ status: 503, body: { code: "not_ready", coverage } });
  });
});
