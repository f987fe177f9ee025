import { randomFillSync } from "node:crypto";

/** Where a piece of work stands in its trace, as W3C Trace Context names it: hexadecimal, not all zero. */
export type TraceContext = {
  traceId: string;
  /** Of the work itself. */
  spanId: string;
  /** Of the caller's; undefined where the trace begins here. */
  parentSpanId: string | undefined;
  /** The caller keeps this trace and wants the rest of it. */
  sampled: boolean;
};

/** What a request continues or begins; its own span is named where one is wanted. */
export type RequestTrace = Omit<TraceContext, "spanId">;

const pool = Buffer.alloc(4096);
let used = pool.length;

function randomHex(sizeBytes: number): string {
  if (used + sizeBytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += sizeBytes;
  return pool.toString("hex", used - sizeBytes, used);
}

const noTrace = "0".repeat(32);
const noSpan = "0".repeat(16);

/**
 * The trace that an incoming `traceparent` header continues, or a new one where it is absent or malformed (W3C Trace
 * Context, level 2: of versions to come the parts that are known are read).
 */
export function traceFrom(traceparent: string | readonly string[] | undefined): RequestTrace {
  const known = typeof traceparent === "string" ? readTraceparent(traceparent) : undefined;
  return known ?? { traceId: randomHex(16), parentSpanId: undefined, sampled: false };
}

function readTraceparent(text: string): RequestTrace | undefined {
  if (text.length < 55 || text[2] !== "-" || text[35] !== "-" || text[52] !== "-") return undefined;
  const version = text.slice(0, 2);
  if (!isHex(version) || version === "ff") return undefined;
  if (text.length > 55 && (version === "00" || text[55] !== "-")) return undefined;
  const [traceId, parentSpanId, flags] = [text.slice(3, 35), text.slice(36, 52), text.slice(53, 55)];
  if (!isHex(traceId) || !isHex(parentSpanId) || !isHex(flags) || traceId === noTrace || parentSpanId === noSpan)
    return undefined;
  return { traceId, parentSpanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Names the span of a request's own work. */
export function withSpan(trace: RequestTrace): TraceContext {
  return { ...trace, spanId: randomHex(8) };
}

/** What tells others of the trace that they work for. */
export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
}

function isHex(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}
