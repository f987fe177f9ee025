import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { policyDefaults } from "../../src/policy/settings.ts";
import { answerProfileSchema } from "../../src/protocol/answer-profile.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { eventually } from "../support/up.ts";

let cluster: TestCluster;
const shards = 3;

beforeAll(async () => {
  // A hedge on a machine that is busy would be one attempt more, and without an answer.
  const policy = { ...policyDefaults, hedge: { ...policyDefaults.hedge, enabled: false } };
  cluster = await startCluster({ leaves: 2, zones: 2, policy });
  await cluster.request("PUT", "/v1/indexes/told", { fields: { title: { type: "text" } }, shards, replicas: 2 });
  await cluster.load(
    "told",
    Array.from({ length: 300 }, (_, i) => ({ id: String(i), title: `wind ${i % 7} and weather ${i % 3}` })),
  );
  await eventually("every link's ping was answered", async () => {
    const { members } = (await cluster.request("GET", "/v1/cluster")).body;
    return Array.isArray(members) && members.every((member) => isRecord(member) && member.rttMs !== null);
  });
});

afterAll(() => cluster.close());

type Told = Record<string, unknown>;

async function profiled(path = "", body: object = {}): Promise<{ profile: Told; attempts: Told[]; timing: Told }> {
  const answer = await cluster.request("POST", `/v1/indexes/told/search${path}`, {
    ...{ query: "wind weather", profile: true, budgetMs: 10_000, ...body },
  });
  expect(answer.status).toBe(200);
  const { profile, timing } = answer.body;
  if (!isRecord(profile) || !isRecord(timing) || !Array.isArray(profile.attempts)) throw new Error("no profile");
  return { profile, timing, attempts: profile.attempts.filter(isRecord) };
}

const inOrder = (...instants: unknown[]): void => {
  const numbers = instants.map(Number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
};

describe("profile: true", () => {
  it("tells of every attempt, from the request on and in the order that things happen in", async () => {
    await profiled();
    const { profile, attempts, timing } = await profiled();
    expect(
      attempts
        .filter(({ purpose }) => purpose === "first")
        .map(({ shard }) => shard)
        .toSorted(),
    ).toEqual([0, 1, 2]);
    for (const attempt of attempts) {
      const onLeaf = isRecord(attempt.onLeaf) ? attempt.onLeaf : {};
      expect(attempt).toMatchObject({ end: "answered", leaf: expect.stringMatching(/^leaf-[12]$/) });
      const slackMs = Number(onLeaf.clockErrorMs) + 0.002;
      inOrder(0, profile.plannedMs, attempt.sentMs, Number(onLeaf.arrivedMs) + slackMs);
      inOrder(onLeaf.arrivedMs, Number(onLeaf.startedMs) + 0.002, Number(onLeaf.repliedMs) + 0.004);
      inOrder(Number(onLeaf.repliedMs) - slackMs, attempt.endedMs, Number(profile.gatheredMs) + 0.002, timing.tookMs);
      expect(onLeaf.postings).toBeGreaterThan(0);
      expect(onLeaf.slices).toBeGreaterThan(0);
      expect(onLeaf.kernelMs).toBeLessThanOrEqual(Number(onLeaf.repliedMs) - Number(onLeaf.startedMs) + 0.002);
      const wayMs = Number(attempt.endedMs) - Number(attempt.sentMs);
      expect(onLeaf.clockErrorMs).toBeLessThanOrEqual(wayMs / 2 + 0.002);
    }
    expect(attempts.filter(({ won }) => won)).toHaveLength(shards);
    expect(profile.deadlineMs).toBeLessThanOrEqual(10_000);
  });

  it("tells of the leaf that tried a shape of query before all others", async () => {
    const { attempts } = await profiled("", { query: '"wind" +weather -storm', size: 3 });
    expect(attempts[0]).toMatchObject({ purpose: "canary", won: false });
    expect(attempts).toHaveLength(shards + 1);
  });

  it("is as the API's schema says", async () => {
    const { profile, attempts } = await profiled();
    const { properties } = answerProfileSchema;
    const item = properties.attempts.items;
    expect(Object.keys(profile).toSorted()).toEqual(Object.keys(properties).toSorted());
    for (const attempt of attempts) {
      expect(Object.keys(item.properties)).toEqual(expect.arrayContaining(Object.keys(attempt)));
      expect(Object.keys(attempt)).toEqual(expect.arrayContaining([...item.required]));
      expect(Object.keys(isRecord(attempt.onLeaf) ? attempt.onLeaf : {}).toSorted()).toEqual(
        Object.keys(item.properties.onLeaf.properties).toSorted(),
      );
    }
  });

  it("is not there where it was not asked for, and such an answer is never a kept one", async () => {
    const plain = await cluster.request("POST", "/v1/indexes/told/search", { query: "wind", budgetMs: 10_000 });
    expect(plain.body).not.toHaveProperty("profile");
    for (let i = 0; i < 2; i++) expect((await profiled("", { query: "wind" })).attempts.length).toBeGreaterThan(0);
    const get = await cluster.request("GET", "/v1/indexes/told/search?q=wind&profile=true&budgetMs=10000");
    expect(get.body).toHaveProperty("profile.attempts");
  });
});
