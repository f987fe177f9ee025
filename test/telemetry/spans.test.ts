import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, it } from "vitest";
import type { TraceContext } from "../../src/protocol/trace-context.ts";
import { BatchLinks } from "../../src/telemetry/batch-links.ts";
import { createSpanSink } from "../../src/telemetry/otlp.ts";
import type { SpanRecord } from "../../src/telemetry/span.ts";
import { openSpanExport, tracesUrl } from "../../src/telemetry/span-export.ts";
import { parseInstant, systemClock, wallInstant } from "../../src/time.ts";
import { type StubService, startStub } from "../support/stub-service.ts";

const trace: TraceContext = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "00f067aa0ba902b7",
  parentSpanId: "aaaaaaaaaaaaaaaa",
  sampled: true,
};

function attempt(batch: string, error?: string): SpanRecord {
  const nowMs = systemClock.nowMs();
  const own = error === undefined ? {} : { error };
  return {
    name: "attempt",
    kind: "client",
    startMs: nowMs - 5,
    endMs: nowMs,
    attributes: {},
    batch,
    children: [],
    ...own,
  };
}

function search(children: readonly SpanRecord[]): SpanRecord {
  const nowMs = systemClock.nowMs();
  return {
    name: "search",
    kind: "server",
    startMs: nowMs - 10,
    endMs: nowMs,
    attributes: { "hedgerow.index": "demo" },
    children,
  };
}

async function sent(traces: readonly [TraceContext, SpanRecord][]): Promise<ReadableSpan[]> {
  const kept: ReadableSpan[] = [];
  const exporter = new (class extends InMemorySpanExporter {
    override async shutdown(): Promise<void> {
      kept.push(...this.getFinishedSpans());
    }
  })();
  const sink = createSpanSink(exporter, "root-1");
  for (const [context, root] of traces) sink.take(context, root);
  await sink.close();
  return kept;
}

describe("spans", () => {
  it("have the ids that leaves and callers have heard of, and the times by the wall clock", async () => {
    const spans = await sent([[trace, search([attempt("leaf-1 1"), attempt("leaf-2 1", "crashed")])]]);
    const root = spans.find(({ name }) => name === "search");
    expect(root?.spanContext()).toMatchObject({ traceId: trace.traceId, spanId: trace.spanId });
    expect(root?.parentSpanContext?.spanId).toBe(trace.parentSpanId);
    const attempts = spans.filter(({ name }) => name === "attempt");
    expect(attempts).toHaveLength(2);
    for (const span of attempts) {
      expect(span.spanContext().traceId).toBe(trace.traceId);
      expect(span.parentSpanContext?.spanId).toBe(trace.spanId);
    }
    expect(new Set(spans.map((span) => span.spanContext().spanId)).size).toBe(3);
    expect(attempts.map(({ status }) => status.message)).toContain("crashed");
    const [seconds = 0] = root?.endTime ?? [];
    const nowS = (parseInstant(wallInstant()) ?? 0) / 1000;
    expect(Math.abs(seconds - nowS)).toBeLessThan(600);
    expect(root?.duration[1]).toBeCloseTo(10e6, -5);
    expect(root?.resource.attributes).toMatchObject({ "service.name": "hedgerow", "service.instance.id": "root-1" });
  });

  it("begin a trace of the request's own where nobody sent one", async () => {
    const [root] = await sent([[{ ...trace, parentSpanId: undefined }, search([])]]);
    expect(root?.spanContext()).toMatchObject({ traceId: trace.traceId, spanId: trace.spanId });
    expect(root?.parentSpanContext).toBeUndefined();
  });

  it("are linked to those that travelled in the same write before, of whichever trace", async () => {
    const other = { ...trace, traceId: "b".repeat(32), spanId: "c".repeat(16) };
    const spans = await sent([
      [trace, search([attempt("leaf-1 4")])],
      [other, search([attempt("leaf-1 4"), attempt("leaf-1 5")])],
    ]);
    const [first, second, alone] = spans.filter(({ name }) => name === "attempt");
    expect(first?.links).toEqual([]);
    expect(second?.links.map(({ context }) => context.spanId)).toEqual([first?.spanContext().spanId]);
    expect(second?.links[0]?.context.traceId).toBe(trace.traceId);
    expect(alone?.links).toEqual([]);
  });

  it("remember a bounded number of writes", () => {
    const links = new BatchLinks<number>(3);
    for (let i = 0; i < 10; i++) links.add(`b${i}`, i);
    expect([links.of("b6"), links.of("b7"), links.of("b9"), links.of(undefined)]).toEqual([[], [7], [9], []]);
  });
});

describe("where traces go", () => {
  it.each<[Record<string, string>, string | undefined]>([
    [{}, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "" }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, "http://collector:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/" }, "http://collector:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://a", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://b/t" }, "http://b/t"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://a", OTEL_SDK_DISABLED: "true" }, undefined],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://a", OTEL_TRACES_EXPORTER: "none" }, undefined],
  ])("%j", (env, url) => {
    expect(tracesUrl(env)).toBe(url);
  });
});

describe("a collector", () => {
  let stub: StubService | undefined;
  afterEach(() => stub?.close());

  it("is sent the spans as OTLP over HTTP", async () => {
    stub = await startStub(() => ({ json: {} }));
    const lines: unknown[] = [];
    const tell = (fields: object): void => void lines.push(fields);
    const log = { error: tell, warn: tell, info: tell, debug: tell };
    const sink = await openSpanExport({ OTEL_EXPORTER_OTLP_ENDPOINT: stub.url }, { name: "root-1", log: () => log });
    sink?.take(trace, search([attempt("leaf-1 1")]));
    await sink?.close();
    expect(stub.seen.map(({ method, path }) => [method, path])).toEqual([["POST", "/v1/traces"]]);
    expect(stub.seen[0]?.body).toContain(trace.traceId);
    expect(stub.seen[0]?.body).toContain(trace.spanId);
    expect(lines).toEqual([]);
  });

  it("that is not there costs a line of the log and nothing else", async () => {
    const lines: unknown[] = [];
    const tell = (fields: object): void => void lines.push(fields);
    const log = { error: tell, warn: tell, info: tell, debug: tell };
    stub = await startStub(() => ({ status: 400, json: {} }));
    const sink = await openSpanExport({ OTEL_EXPORTER_OTLP_ENDPOINT: stub.url }, { name: "root-1", log: () => log });
    sink?.take(trace, search([]));
    await sink?.close();
    expect(lines.length).toBeGreaterThan(0);
  });
});
