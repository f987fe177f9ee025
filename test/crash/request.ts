import { isRecord } from "../../src/protocol/record.ts";
import { systemTimers } from "../../src/time.ts";

export type Request = { method: string; path: string; headers?: Record<string, string>; body?: string };

/** `lost`: no answer came, so nobody knows what became of the request. */
export type Reply = { kind: "answered"; status: number; body: Record<string, unknown> } | { kind: "lost"; why: string };

const patienceMs = 60_000;

/** Sends a request once. */
export async function send(url: string, { method, path, headers = {}, body }: Request): Promise<Reply> {
  const giveUp = new AbortController();
  const timer = systemTimers.after(patienceMs, () => giveUp.abort());
  try {
    const content = body === undefined ? {} : { body };
    const response = await fetch(url + path, { method, headers, ...content, signal: giveUp.signal });
    const parsed: unknown = JSON.parse(await response.text());
    return { kind: "answered", status: response.status, body: isRecord(parsed) ? parsed : {} };
  } catch (error) {
    return { kind: "lost", why: String(error) };
  } finally {
    timer.cancel();
  }
}

/** What an answer says of a write: it was judged, surely nothing was done, or nobody knows. */
export function fateOf(reply: Reply): "judged" | "refused" | "unknown" {
  if (reply.kind === "lost" || reply.status === 500) return "unknown";
  return reply.status === 429 || reply.status === 503 ? "refused" : "judged";
}
