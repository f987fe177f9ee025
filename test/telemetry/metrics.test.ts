import { describe, expect, it } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { countTurns } from "../support/turns.ts";

describe("metrics", () => {
  it("adds up what is recorded", async () => {
    const metrics = createMetrics({ runtime: false });
    const count = metrics.counter("hedgerow_http_requests_total", { route: "/livez", status: "200" });
    count.inc();
    metrics.counter("hedgerow_http_requests_total", { route: "/livez", status: "200" }).inc(2);
    const seconds = metrics.histogram("hedgerow_http_request_seconds", { route: "/livez" });
    seconds.observe(0.003);
    metrics.histogram("hedgerow_http_request_seconds", { route: "/livez" }).observe(0.3);
    const text = (await metrics.scrape()).text;
    expect(text).toContain('hedgerow_http_requests_total{route="/livez",status="200"} 3\n');
    expect(text).toContain('hedgerow_http_request_seconds_count{route="/livez"} 2\n');
    expect(text).toContain('hedgerow_http_request_seconds_bucket{le="0.005",route="/livez"} 1\n');
  });

  it("shows a series from zero on", async () => {
    const metrics = createMetrics({ runtime: false });
    metrics.counter("hedgerow_leaf_searches_total", { outcome: "expired" });
    expect((await metrics.scrape()).text).toContain('hedgerow_leaf_searches_total{outcome="expired"} 0\n');
  });

  it("reads gauges anew at every scrape and forgets what is gone", async () => {
    const metrics = createMetrics({ runtime: false });
    let shards = ["0", "1"];
    metrics.gauge("hedgerow_leaf_replica_documents", () =>
      shards.map((shard) => ({ labels: { index: "demo", shard }, value: 5 })),
    );
    expect((await metrics.scrape()).text).toContain('{index="demo",shard="1"} 5\n');
    shards = ["0"];
    expect((await metrics.scrape()).text).not.toContain('shard="1"');
  });

  it("counts names beyond the limit together, so that they cannot fill the memory", async () => {
    const metrics = createMetrics({ runtime: false });
    for (let i = 0; i < 5000; i++)
      metrics.counter("hedgerow_http_requests_total", { route: `/${i}`, status: "200" }).inc();
    metrics.gauge("hedgerow_leaf_replica_bytes", function* () {
      for (let i = 0; i < 5000; i++) yield { labels: { index: `i${i}`, shard: "0" }, value: 1 };
    });
    const text = (await metrics.scrape()).text;
    expect(text).toContain('hedgerow_http_requests_total{route="other",status="other"} 4500\n');
    expect(text).toContain('hedgerow_leaf_replica_bytes{index="other",shard="other"} 4500\n');
    expect(text.split("\n").length).toBeLessThan(1100);
  });

  it("tells of what is beyond the limit the longest time, and no sequence, which have no sum", async () => {
    const metrics = createMetrics({ runtime: false });
    const many = Array.from({ length: 600 }, (_, i) => ({ index: `i${i}`, shard: "0" }));
    metrics.gauge("hedgerow_root_statistics_age_seconds", () =>
      many.map(({ index }, i) => ({ labels: { index }, value: i === 550 ? 7 : 3 })),
    );
    metrics.gauge("hedgerow_leaf_replica_sequence", () => many.map((labels) => ({ labels, value: 9 })));
    const text = (await metrics.scrape()).text;
    expect(text).toContain('hedgerow_root_statistics_age_seconds{index="other"} 7\n');
    expect(text).toContain('hedgerow_leaf_replica_sequence{index="i499",shard="0"} 9\n');
    expect(text).not.toContain('hedgerow_leaf_replica_sequence{index="other"');
  });

  it("writes in slices, and others have the thread between them", async () => {
    let nowMs = 0;
    const metrics = createMetrics({ runtime: true, clock: { nowMs: () => nowMs++ } });
    const turns = countTurns();
    const { text } = await metrics.scrape();
    turns.stop();
    expect(turns.now()).toBeGreaterThan(20);
    expect(text.match(/^# TYPE /gm)?.length).toBeGreaterThan(20);
  });

  it("writes each scraper's own format, and counts on in both", async () => {
    const metrics = createMetrics({ runtime: false });
    const count = metrics.counter("hedgerow_leaf_searches_total", { outcome: "expired" });
    count.inc();
    const openMetrics = "application/openmetrics-text; version=1.0.0";
    const both = await Promise.all([metrics.scrape(openMetrics), metrics.scrape(), metrics.scrape(openMetrics)]);
    const [open, plain, openAgain] = both.map(({ text }) => text);
    expect(open).toBe(openAgain);
    expect(open).toContain(
      '# TYPE hedgerow_leaf_searches counter\nhedgerow_leaf_searches_total{outcome="expired"} 1\n',
    );
    expect(open).toMatch(/\n# EOF\n$/);
    expect(plain).toContain(
      '# TYPE hedgerow_leaf_searches_total counter\nhedgerow_leaf_searches_total{outcome="expired"} 1\n',
    );
    expect(plain).not.toContain("# EOF");
    // A histogram that is first seen after a scrape may hold exemplars too.
    metrics
      .histogram("hedgerow_http_request_seconds", { route: "/livez" })
      .observe(0.01, "0af7651916cd43dd8448eb211c80319c");
    expect((await metrics.scrape(openMetrics)).text).toContain('# {trace_id="0af7651916cd43dd8448eb211c80319c"}');
  });
});
