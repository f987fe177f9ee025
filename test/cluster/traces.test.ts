import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { readExposition } from "../support/exposition.ts";
import { type StubService, startStub } from "../support/stub-service.ts";

type Span = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
};

const shards = 3;
const sent = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", parentSpanId: "00f067aa0ba902b7" };

let collector: StubService;
let cluster: TestCluster;

beforeAll(async () => {
  collector = await startStub(() => ({ json: {} }));
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  cluster = await startCluster({ leaves: 1, env, flags: ["--slow-ms", "60000"] });
  await cluster.request("PUT", "/v1/indexes/seen", { fields: { title: { type: "text" } }, shards, replicas: 1 });
  await cluster.load("seen", [
    { id: "1", title: "calm" },
    { id: "2", title: "calm and wind" },
  ]);
  await search("calm"); // A shape of query that no leaf has answered is tried on one first.
});

afterAll(() => collector.close());

async function search(query: string, traceparent?: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${cluster.url}/v1/indexes/seen/search`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(traceparent === undefined ? {} : { traceparent }) },
    body: JSON.stringify({ query, budgetMs: 10_000, cache: false }),
  });
  const answer: unknown = await response.json();
  if (!isRecord(answer)) throw new Error("no answer");
  return answer;
}

function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** All spans that the collector was sent. */
function spansSent(): Span[] {
  return collector.seen.flatMap(({ json }) =>
    recordsOf(isRecord(json) ? json.resourceSpans : [])
      .flatMap(({ scopeSpans }) => recordsOf(scopeSpans))
      .flatMap(({ spans }) => recordsOf(spans))
      .map((span) => ({
        traceId: String(span.traceId),
        spanId: String(span.spanId),
        ...(typeof span.parentSpanId === "string" && span.parentSpanId !== ""
          ? { parentSpanId: span.parentSpanId }
          : {}),
        name: String(span.name),
        startTimeUnixNano: String(span.startTimeUnixNano),
        endTimeUnixNano: String(span.endTimeUnixNano),
        attributes: Object.fromEntries(
          recordsOf(span.attributes).map(({ key, value }) => [
            key,
            isRecord(value) ? Object.values(value)[0] : undefined,
          ]),
        ),
        links: recordsOf(span.links).map(({ traceId, spanId }) => ({
          traceId: String(traceId),
          spanId: String(spanId),
        })),
      })),
  );
}

describe("a search's trace", () => {
  it("is sent where its caller keeps it, as part of the caller's, and of no other search", async () => {
    const answer = await search("wind", `00-${sent.traceId}-${sent.parentSpanId}-01`);
    expect(answer.traceId).toBe(sent.traceId);
    const unwanted = await search("calm", `00-${"b".repeat(32)}-${sent.parentSpanId}-00`);
    expect(unwanted.traceId).toBe("b".repeat(32));
    const response = await fetch(`${cluster.url}/metrics`, { headers: { accept: "application/openmetrics-text" } });
    const { families } = readExposition(await response.text());
    const exemplars = families.get("hedgerow_root_search_seconds")?.samples.flatMap(({ exemplar = [] }) => exemplar);
    expect(exemplars?.map((exemplar) => exemplar.split(" ")[0])).toEqual([`{trace_id="${sent.traceId}"}`]);
    await cluster.close();

    const spans = spansSent();
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([sent.traceId]));
    const named = (name: string): Span[] => spans.filter((span) => span.name === name);
    const [root] = named("search");
    expect(root?.parentSpanId).toBe(sent.parentSpanId);
    expect(root?.attributes).toMatchObject({ "hedgerow.index": "seen", "hedgerow.kept": "asked" });
    expect(JSON.stringify(spans)).not.toContain("wind");
    expect([named("shard"), named("attempt"), named("leaf search")].map(({ length }) => length)).toEqual([
      shards,
      shards,
      shards,
    ]);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    for (const span of spans) {
      const parent = byId.get(span.parentSpanId ?? "");
      if (span === root || parent === undefined) continue;
      expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(parent.startTimeUnixNano) - 2_000n);
      expect(BigInt(span.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(parent.endTimeUnixNano) + 2_000n);
    }
    expect(spans.filter((span) => span !== root && !byId.has(span.parentSpanId ?? ""))).toEqual([]);
    // All three went to one leaf in one turn: each is linked to those before it.
    expect(
      named("attempt")
        .map(({ links }) => links.length)
        .toSorted(),
    ).toEqual([0, 1, 2]);
  });
});
