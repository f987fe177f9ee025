import { HedgerowError, messageOf } from "../errors.ts";
import { isRecord } from "../protocol/record.ts";
import { systemTimers } from "../time.ts";

/** What is known of a server's way to the disk. */
export type SyncKnowledge = { kind: "always" } | { kind: "unsynced" } | { kind: "unknown"; why: string };

const askTimeoutMs = 3_000;

/**
 * Asks a NATS server's monitoring address whether it syncs every message to the disk before it acknowledges it
 * (`sync_interval: always`). Clients cannot ask that over their own connection.
 */
export async function askSync(monitor: string): Promise<SyncKnowledge> {
  if (monitor === "") return { kind: "unknown", why: "no --log-monitor was given to ask at" };
  const giveUp = new AbortController();
  const timer = systemTimers.after(askTimeoutMs, () => giveUp.abort());
  try {
    const answer = await fetch(new URL("/jsz", monitor), { signal: giveUp.signal });
    if (!answer.ok) return { kind: "unknown", why: `${monitor} answered ${answer.status}` };
    return syncIn(await answer.json());
  } catch (error) {
    return { kind: "unknown", why: `${monitor} did not answer: ${messageOf(error)}` };
  } finally {
    timer.cancel();
  }
}

/** What a server's `/jsz` says of it; servers that do not know the setting do not sync. */
export function syncIn(jsz: unknown): SyncKnowledge {
  const config = valueIn(jsz, "config");
  if (config === undefined) return { kind: "unknown", why: "the server says nothing of JetStream's settings" };
  return valueIn(config, "sync_always") === true ? { kind: "always" } : { kind: "unsynced" };
}

/**
 * Refuses a store whose acknowledgements a power cut can undo: one copy on a server that syncs later. With several
 * copies, the others outlive one machine.
 */
export function requireDurable(
  sync: SyncKnowledge,
  { replicas, accepted }: { replicas: number; accepted: boolean },
): void {
  if (replicas > 1 || accepted || sync.kind === "always") return;
  const why =
    sync.kind === "unknown" ? `may acknowledge before it syncs (${sync.why})` : "acknowledges before it syncs";
  const ways =
    "set `sync_interval: always` in its jetstream block (2.10 or later) and name its monitoring address with --log-monitor, keep more copies with --log-replicas 3, or accept the loss with --accept-unsynced-log";
  throw new HedgerowError("storage_unavailable", `a single NATS server ${why}: ${ways}`);
}

/**
 * The first version whose acknowledged writes outlive killed servers. Jepsen's analysis of NATS 2.12.1 tells of several
 * servers of 2.10.22; 2.9.10 was seen to go on with a store that lacked its beginning, and, a single one, to bring back
 * what a document had been before.
 */
export const safeSince = "2.10.23";

/** Refuses a server that may lose acknowledged writes when it is killed. `version` is what it calls itself. */
export function requireSafeServer(version: string, { accepted }: { accepted: boolean }): void {
  if (accepted || !isBefore(version, safeSince)) return;
  const detail = `NATS servers of version ${version || "unknown"} may lose acknowledged writes when they are killed: update them to ${safeSince} or later, or accept the loss with --accept-unsynced-log`;
  throw new HedgerowError("storage_unavailable", detail);
}

/** Whether a version, as servers write theirs, is earlier than a release; what leads up to that one is (semver.org, 11). */
export function isBefore(version: string, release: string): boolean {
  const [numbers = ""] = version.split("-");
  const order = numbers.localeCompare(release, "en", { numeric: true });
  return order < 0 || (order === 0 && version !== numbers);
}

function valueIn(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined;
}
