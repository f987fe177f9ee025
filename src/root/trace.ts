import { randomFillSync } from "node:crypto";

/** Identifies one request across hops, as W3C Trace Context has it: 32 hexadecimal digits, not all zero. */
export type TraceId = string;

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

/** The trace that an incoming `traceparent` header continues, or a new one where it is absent or malformed. */
export function traceIdFrom(traceparent: string | undefined): TraceId {
  const traceId = traceparent?.slice(3, 35) ?? "";
  const wellFormed =
    traceparent !== undefined &&
    traceparent.length >= 55 &&
    traceparent[2] === "-" &&
    traceparent[35] === "-" &&
    traceparent[52] === "-" &&
    !traceparent.startsWith("ff") &&
    isHex(traceId) &&
    traceId !== "0".repeat(32);
  return wellFormed ? traceId : randomHex(16);
}

function isHex(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}
