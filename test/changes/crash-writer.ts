import { writeSync } from "node:fs";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import type { AppendResult, ChangeLog, IndexLife } from "../../src/changes/log.ts";
import { put, settingsOf } from "./model.ts";

/** What a writer says once the log has taken a write: its group now stands at `stamp`. */
export type Acknowledgement = { group: string; stamp: number };

export const index = "crash";
export const bulkGroups = 3;
export const bulkSize = 20;
export const counters = 3;

/** Writes until it is killed: bulk requests that stamp a whole group, and counters that go up by conditional writes. */
async function writeUntilKilled(place: string): Promise<void> {
  const log = place.startsWith("nats:")
    ? await createJetStreamLog({ urls: [place], replicas: 1, acceptLoss: true })
    : await createEmbeddedLog({ directory: place });
  const { definition } = await log.createIndex(index, settingsOf(4));
  const groups = Array.from({ length: bulkGroups }, (_, i) => stampGroup(log, definition, `bulk-${i}`));
  const counted = Array.from({ length: counters }, (_, i) => count(log, definition, `counter-${i}`));
  await Promise.all([...groups, ...counted]);
}

async function stampGroup(log: ChangeLog, to: IndexLife, group: string): Promise<void> {
  for (let stamp = (await stampOf(log, `${group}/0`)) + 1; ; stamp++) {
    await appendGroup(log, to, { group, stamp });
    acknowledge({ group, stamp });
  }
}

/** Stamps a whole group in one append; the same stamp again is the same request again. */
export function appendGroup(log: ChangeLog, to: IndexLife, { group, stamp }: Acknowledgement): Promise<AppendResult> {
  const writes = Array.from({ length: bulkSize }, (_, i) => put(`${group}/${i}`, `${stamp}`));
  return log.append(to, writes, `${group}@${stamp}`);
}

async function count(log: ChangeLog, to: IndexLife, group: string): Promise<void> {
  for (;;) {
    const stored = await log.get(index, group);
    const condition =
      stored === undefined ? { kind: "absent" as const } : { kind: "version" as const, version: stored.version };
    const stamp = (await stampOf(log, group)) + 1;
    const result = await log.append(to, [put(group, `${stamp}`, condition)]);
    if (result.kind !== "appended" || result.outcomes[0]?.kind !== "written")
      throw new Error("a lone writer conflicted");
    acknowledge({ group, stamp });
  }
}

async function stampOf(log: ChangeLog, id: string): Promise<number> {
  return Number(Buffer.from((await log.get(index, id))?.source ?? []).toString());
}

/** In one blocking call, so that what was said is in the pipe whenever the process dies. */
function acknowledge(acknowledgement: Acknowledgement): void {
  writeSync(1, `${JSON.stringify(acknowledgement)}\n`);
}

const [, , place] = process.argv;
if (import.meta.main && place !== undefined) await writeUntilKilled(place);
