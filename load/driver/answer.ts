import { asList, asNumber, asRecord, asText } from "../../src/command/answers.ts";
import type { QueryOutcome } from "../runner/recorder.ts";

/** What a search's answer says, apart from when. */
export type ReadAnswer = Omit<QueryOutcome, "atMs" | "latencyMs">;

const whole = '"complete":true';

/**
 * Reads a search's answer. Most are whole, which a look at the text tells; taking every one apart would cost as much as
 * the service spends on it. With `closely` the answer is taken apart and says which leaves it came from.
 */
export function readSearchAnswer(status: number, body: string, closely: boolean): ReadAnswer {
  if (status === 429) return { kind: "shed", coverage: 0 };
  if (status !== 200) return { kind: "failed", coverage: 0 };
  if (!closely && body.includes(whole)) return { kind: "answered", coverage: 1 };
  const answer = asRecord(parsed(body));
  const coverage = asNumber(asRecord(answer.coverage).documents);
  if (coverage === undefined) return { kind: "failed", coverage: 0 };
  if (!closely) return { kind: "answered", coverage };
  const shards = asList(answer.shards).map(asRecord);
  const leaves = shards.flatMap(({ leaf }) => asText(leaf) ?? []);
  const slowestMs = Math.max(0, ...shards.map(({ tookMs }) => asNumber(tookMs) ?? 0));
  return { kind: "answered", coverage, leaves, slowestMs };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
