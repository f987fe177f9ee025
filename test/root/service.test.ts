import { describe, expect, it } from "vitest";
import type { ChangeLog } from "../../src/changes/log.ts";
import { Admission } from "../../src/policy/admission.ts";
import { policyDefaults } from "../../src/policy/settings.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import { traceFrom, withSpan } from "../../src/protocol/trace-context.ts";
import { Catalog } from "../../src/root/catalog.ts";
import { Freshness } from "../../src/root/freshness.ts";
import type { EndedQuery } from "../../src/root/kept-query.ts";
import { Membership } from "../../src/root/membership.ts";
import { RootService } from "../../src/root/service.ts";
import { Topology } from "../../src/root/topology.ts";
import { fullGrant } from "../../src/security/access.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { seededRandom } from "../../src/time.ts";
import { readExposition } from "../support/exposition.ts";
import { demoDefinition } from "../support/fake-replica.ts";
import { virtualTime } from "../support/virtual-time.ts";

const unasked = async (): Promise<never> => {
  throw new Error("nothing here asks the log");
};
const silent = () => () => undefined;
const log: ChangeLog = {
  ...{ append: unasked, get: unasked, read: unasked, createIndex: unasked, dropIndex: unasked, indexes: unasked },
  ...{ aliases: unasked, setAliases: unasked, head: unasked, eras: unasked, close: unasked },
  ...{ onAppend: silent, onDefinitions: silent },
  members: { all: unasked, announce: unasked, remove: unasked, onChange: silent },
};

/** A root whose one index has a replica to ask, and statistics that it never hears of. */
function gatheringStatistics(asked: SearchBody = {}) {
  const time = virtualTime();
  const { clock, timers } = time;
  const random = seededRandom(1);
  const policy = new TailPolicy({ random });
  const catalog = new Catalog({ termsMax: 10, policy });
  const [shard] = catalog.add(demoDefinition).shards;
  Object.assign(shard ?? {}, { feeds: [{ state: "ready" }] });
  const nothing = (): void => undefined;
  const membership = new Membership({
    ...{ listed: [], log: log.members, linkTo: () => expect.unreachable(), clock, timers, graceMs: 1_000 },
    ...{ onLeaves: nothing, onLink: nothing },
  });
  const topology = new Topology({
    ...{ membership, catalog, policy, log, clock, timers, random, refreshIntervalMs: 1_000 },
    ...{ onPublished: nothing, onReleased: nothing },
  });
  const service = new RootService({
    ...{ name: "root", catalog, topology, membership, log, freshness: new Freshness(clock) },
    resources: { policy, clock, timers, afterPoll: (run) => run() },
    admission: new Admission(policyDefaults.admission),
    limits: { budgetMs: 250, windowMax: 1_000 },
    ...{ cacheBytesMax: 0, documentBytesMax: 1_000, defaults: { shards: 1, replicas: 1 } },
  });
  const seen: EndedQuery[] = [];
  service.searches.watch((query) => {
    seen.push(query);
    return undefined;
  });
  const whenGone: (() => void)[] = [];
  const context = {
    ...{ grant: fullGrant, trace: withSpan(traceFrom(undefined)), startMs: clock.nowMs() },
    priority: "interactive" as const,
    isGone: false,
    onGone: (run: () => void): void => {
      if (context.isGone) run();
      else whenGone.push(run);
    },
  };
  const leave = (): void => {
    context.isGone = true;
    for (const run of whenGone) run();
  };
  const answer = service.searches.run("demo", { query: "wind", ...asked }, context);
  return { time, service, catalog, seen, answer, leave };
}

async function counted({ service, catalog }: ReturnType<typeof gatheringStatistics>): Promise<Record<string, number>> {
  // Its replica has nothing to show but its state.
  catalog.remove("demo");
  const metrics = createMetrics({ runtime: false });
  service.show(metrics);
  const { families } = readExposition((await metrics.scrape()).text);
  const names = ["hedgerow_root_searches_total", "hedgerow_root_deadlines_total"];
  const samples = names.flatMap((name) => families.get(name)?.samples ?? []);
  const told = samples.filter(({ value }) => value > 0);
  return Object.fromEntries(told.map(({ labels, value }) => [Object.values(labels).join(), value]));
}

describe("a search that is refused while the root gathers statistics", () => {
  it("is counted as one that failed and missed its deadline, and is seen", async () => {
    const root = gatheringStatistics();
    const { time, seen, answer } = root;
    const refused = expect(answer).rejects.toMatchObject({ code: "not_ready" });
    time.advance(210);
    await refused;
    expect(await counted(root)).toEqual({ failed: 1, missed: 1 });
    expect(seen.map(({ readyMs, doneMs, startMs }) => [readyMs - startMs, doneMs - startMs])).toEqual([[210, 210]]);
    expect(seen).toMatchObject([{ index: "demo", text: "wind", end: "failed", failure: { code: "not_ready" } }]);
  });

  it("is counted as given up where its caller has gone", async () => {
    const root = gatheringStatistics();
    const { seen, answer, leave } = root;
    const refused = expect(answer).rejects.toMatchObject({ code: "not_ready" });
    leave();
    await refused;
    expect(await counted(root)).toEqual({ abandoned: 1 });
    expect(seen).toMatchObject([{ end: "abandoned" }]);
  });

  it("is counted as one that failed by its caller's fault where it names no write, and is seen", async () => {
    const root = gatheringStatistics({ after: "yesterday" });
    const { seen, answer } = root;
    await expect(answer).rejects.toMatchObject({ code: "invalid_request" });
    expect(await counted(root)).toEqual({ failed: 1 });
    expect(seen).toMatchObject([{ index: "demo", text: "wind", end: "failed", failure: { code: "invalid_request" } }]);
  });
});

describe("a search that waits while its index is dropped", () => {
  it.each<[string, SearchBody]>([
    ["weights", {}],
    ["a write", { after: "9" }],
  ])("is told so at once, whether it waits for %s", async (_what, asked) => {
    const { time, catalog, seen, answer } = gatheringStatistics(asked);
    const refused = expect(answer).rejects.toMatchObject({ code: "index_not_found" });
    catalog.remove("demo");
    time.advance(10);
    await refused;
    expect(seen).toMatchObject([{ index: "demo", end: "failed", failure: { code: "index_not_found" } }]);
    expect(seen.map(({ startMs, doneMs }) => doneMs - startMs)).toEqual([10]);
  });

  it("goes on with what its name means then", async () => {
    const { time, catalog, answer } = gatheringStatistics();
    const asked = expect(answer).rejects.toThrow("no replica of any shard can be asked yet");
    catalog.remove("demo");
    catalog.add({ ...demoDefinition, index: "demo-2" });
    catalog.setAliases({ demo: "demo-2" });
    time.advance(10);
    await asked;
  });
});
