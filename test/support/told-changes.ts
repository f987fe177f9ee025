import type { Change } from "../../src/protocol/change.ts";

const encoder = new TextEncoder();
const documents = 40;

/** A change that only its sequence decides, so that two processes tell the same history without talking. */
function changeAt(sequence: number): Change {
  const id = `d${String((sequence * 7) % documents).padStart(2, "0")}`;
  if (sequence % 5 === 0) return { kind: "delete", id, sequence };
  const source = encoder.encode(`{"id":"${id}","title":"fox","body":"v${sequence}"}`);
  return { kind: "put", id, sequence, source };
}

export function changesAfter(sequence: number, count: number): Change[] {
  return Array.from({ length: count }, (_, i) => changeAt(sequence + i + 1));
}

/** The sources of all living documents under a sequence, in the order of their ids. */
export function sourcesAt(sequence: number): string[] {
  const living = new Map<string, string>();
  for (let at = 1; at <= sequence; at++) {
    const change = changeAt(at);
    if (change.kind === "put") living.set(change.id, new TextDecoder().decode(change.source));
    else living.delete(change.id);
  }
  return [...living].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
}
