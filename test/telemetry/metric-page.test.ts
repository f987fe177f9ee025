import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricPage, runtimeMetrics } from "../../src/telemetry/metric-page.ts";
import { type MetricRow, metricTable } from "../../src/telemetry/metric-table.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { readExposition, type Sample } from "../support/exposition.ts";

let cluster: TestCluster;
let leafUrl: string;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
  leafUrl = cluster.leafUrls[0]?.split("=")[1] ?? "";
  await cluster.request("PUT", "/v1/indexes/seen", { fields: { title: { type: "text" } }, shards: 2, replicas: 1 });
  await cluster.load("seen", [{ id: "1", title: "wind" }]);
  await cluster.request("POST", "/v1/indexes/seen/search", { query: "wind", cache: false, budgetMs: 10_000 });
});

afterAll(() => cluster.close());

async function scrape(url: string, accept = "text/plain"): Promise<{ type: string; text: string }> {
  const response = await fetch(`${url}/metrics`, { headers: { accept } });
  return { type: response.headers.get("content-type") ?? "", text: await response.text() };
}

const rows = Object.entries<MetricRow>(metricTable);
const isRuntime = (name: string): boolean => name.startsWith("nodejs_") || name.startsWith("process_");

describe.each([
  ["root", () => cluster.url],
  ["leaf", () => leafUrl],
] as const)("the metrics of a %s", (role, url) => {
  const own = rows.filter(([, row]) => row.role === role || row.role === "both");

  it("are those of the table and no others, each of its kind", async () => {
    const { families } = readExposition((await scrape(url())).text);
    const shown = [...families].filter(([name]) => !isRuntime(name)).map(([name, { kind }]) => [name, kind]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(own.map(([name, { kind }]) => [name, kind])));
  });

  it("have the labels and values of the table, and a series each", async () => {
    const { families } = readExposition((await scrape(url())).text);
    for (const [name, row] of own) {
      const samples = families.get(name)?.samples ?? [];
      expect(samples.length, name).toBeGreaterThan(0);
      for (const { labels } of samples) {
        const { le: _le, ...given } = labels;
        expect(Object.keys(given).sort(), name).toEqual(Object.keys(row.labels).sort());
        for (const [label, values] of Object.entries(row.labels))
          if (values !== "bounded") expect(values, `${name} ${label}`).toContain(given[label]);
      }
    }
  });

  it("are the same as OpenMetrics, where that is asked for, and before and after", async () => {
    const [plain, open, again] = await Promise.all([
      scrape(url()),
      scrape(url(), "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"),
      scrape(url()),
    ]);
    expect(open.type).toContain("application/openmetrics-text");
    expect(open.text.endsWith("# EOF\n")).toBe(true);
    const names = [...readExposition(plain.text).families].map(([name, { kind }]) =>
      kind === "counter" ? name.replace(/_total$/, "") : name,
    );
    expect([...readExposition(open.text).families.keys()]).toEqual(names);
    expect([...readExposition(again.text).families.keys()]).toEqual([...readExposition(plain.text).families.keys()]);
  });
});

it("a root counts every attempt that leaves have counted, by what it was for", async () => {
  const samplesOf = async (url: string, name: string): Promise<Sample[]> =>
    readExposition((await scrape(url)).text).families.get(name)?.samples ?? [];
  const sum = (samples: readonly Sample[]): number => samples.reduce((total, { value }) => total + value, 0);
  const attempts = await samplesOf(cluster.url, "hedgerow_root_attempts_total");
  expect(sum(attempts)).toBe(sum(await samplesOf(leafUrl, "hedgerow_leaf_searches_total")));
  // The shape of the plan was never answered before.
  expect(sum(attempts.filter(({ labels }) => labels.purpose === "canary"))).toBeGreaterThan(0);
});

it("percentiles of what nobody has asked for are not there, rather than 0", async () => {
  const fresh = await startCluster({ leaves: 1 });
  try {
    await fresh.request("PUT", "/v1/indexes/new", { fields: { title: { type: "text" } }, shards: 1, replicas: 1 });
    const shown = async (): Promise<Sample[]> => {
      const { families } = readExposition((await scrape(fresh.url)).text);
      return ["search", "replica"].flatMap((of) => families.get(`hedgerow_root_${of}_latency_seconds`)?.samples ?? []);
    };
    expect(await shown()).toEqual([]);
    await fresh.request("POST", "/v1/indexes/new/search", { query: "wind", budgetMs: 10_000 });
    const names = new Set((await shown()).map(({ name, labels }) => `${name} ${labels.part}`));
    expect(names).toContain("hedgerow_root_search_latency_seconds whole");
    expect(names).toContain("hedgerow_root_replica_latency_seconds whole");
  } finally {
    await fresh.close();
  }
});

it("the runtime shows what the page says it does", async () => {
  const { families } = readExposition((await scrape(cluster.url)).text);
  for (const name of Object.keys(runtimeMetrics)) expect(families.has(name), name).toBe(true);
});

it("the page is that of the table: npm run metrics-page", () => {
  expect(readFileSync(new URL("../../deploy/METRICS.md", import.meta.url), "utf8")).toBe(metricPage());
});

it("no metric that ends in a unit is told in another, and every counter says total", () => {
  for (const [name, { kind }] of rows) {
    expect(name.endsWith("_total"), name).toBe(kind === "counter");
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb)(_|$)/);
  }
});

it("no label is one that Prometheus keeps for its own summaries and histograms", () => {
  for (const [name, { labels }] of rows)
    for (const label of Object.keys(labels)) expect(["quantile", "le", "job", "instance"], name).not.toContain(label);
});
