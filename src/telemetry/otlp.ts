import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, RandomIdGenerator, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { messageOf } from "../errors.ts";
import type { TraceContext } from "../protocol/trace-context.ts";
import { epochOffsetMs } from "../time.ts";
import { BatchLinks } from "./batch-links.ts";
import type { Log } from "./log.ts";
import type { SpanRecord, SpanSink } from "./span.ts";

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

/**
 * Sends kept traces to an OpenTelemetry collector over OTLP/HTTP, in batches and in the background; what cannot be sent
 * is dropped and logged. Headers, certificates, timeouts, compression and the resource are set by OpenTelemetry's own
 * variables; how large a batch is and how long it waits are the library's defaults, whatever OTEL_BSP_* says.
 */
export function openOtlp({ url, name, log }: { url: string; name: string; log: () => Log }): SpanSink {
  const tell = (detail: string): void => log().warn({ detail }, "traces cannot be sent");
  const quiet = (): void => undefined;
  diag.setLogger(
    { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const sink = createSpanSink(new OTLPTraceExporter({ url }), name);
  const close = (): Promise<void> => sink.close().catch((error) => tell(messageOf(error)));
  return { ...sink, close };
}

/** Turns records of spans into spans and hands them to an exporter, all of a trace with the ids that it was known by. */
export function createSpanSink(exporter: SpanExporter, name: string): SpanSink {
  const random = new RandomIdGenerator();
  // The ids of the span that is made next, where they are known already: leaves and callers have heard of them.
  let given: { traceId: string; spanId: string } | undefined;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "hedgerow", "service.instance.id": name }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    idGenerator: {
      generateTraceId: () => given?.traceId ?? random.generateTraceId(),
      generateSpanId: () => given?.spanId ?? random.generateSpanId(),
    },
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer("hedgerow");
  const links = new BatchLinks<SpanContext>();

  const record = (span: SpanRecord, parent: Context, offsetMs: number): void => {
    const linked = links.of(span.batch).map((context) => ({ context, attributes: { "hedgerow.link": "batch" } }));
    const { name, attributes } = span;
    const [startTime, endTime] = [span.startMs + offsetMs, span.endMs + offsetMs];
    const made = tracer.startSpan(name, { kind: kinds[span.kind], startTime, attributes, links: linked }, parent);
    given = undefined;
    if (span.error !== undefined) made.setStatus({ code: SpanStatusCode.ERROR, message: span.error });
    links.add(span.batch, made.spanContext());
    const own = trace.setSpan(parent, made);
    for (const child of span.children) record(child, own, offsetMs);
    made.end(endTime);
  };

  return {
    take(context, root) {
      given = { traceId: context.traceId, spanId: context.spanId };
      record(root, parentOf(context), epochOffsetMs());
    },
    close: () => provider.shutdown(),
  };
}

function parentOf({ traceId, parentSpanId }: TraceContext): Context {
  if (parentSpanId === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return trace.setSpanContext(ROOT_CONTEXT, parent);
}
