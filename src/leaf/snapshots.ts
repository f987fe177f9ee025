import type { SegmentData } from "../engine/segment-data.ts";
import type { Shard } from "../engine/shard.ts";
import { messageOf } from "../errors.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { Log } from "../telemetry/log.ts";
import type { Clock, Timer, Timers } from "../time.ts";
import { deadDocuments } from "./dead-documents.ts";
import type { Indexing } from "./indexing.ts";
import { livingChanges } from "./living-changes.ts";
import type { Slices } from "./slices.ts";
import type { LoadedSnapshot } from "./snapshot-files.ts";
import { type SnapshotRule, snapshotDelayMs, type Unsaved } from "./snapshot-rule.ts";

/** Writes one replica down from time to time, so that it need not begin anew. */
export type Snapshots = {
  /** Says what has become searchable. */
  note(part: { changes: number; sizeBytes: number }): void;
  /** Writes what is not written yet, and no more after that. Resolves when nothing of it runs. */
  finish(): Promise<void>;
  /** Writes nothing more. Resolves when nothing of it runs. */
  stop(): Promise<void>;
};

export type SnapshotsParts = {
  directory: string;
  definition: IndexDefinition;
  shardNumber: number;
  shard: Shard;
  /** The log's era in which the shard's sequence holds; none where the log is not known. */
  era: () => string;
  indexing: Pick<Indexing, "save">;
  slices: Slices;
  clock: Clock;
  timers: Timers;
  rule: SnapshotRule;
  log: Pick<Log, "warn">;
  /** What the shard was restored from: these segments are on the disk already. */
  restored: LoadedSnapshot | undefined;
};

const nothing: Unsaved = { changes: 0, sizeBytes: 0, sinceMs: 0 };

/** Makes the snapshots of one replica. One is written at a time; a failed one is tried again by the rule. */
export function createSnapshots(parts: SnapshotsParts): Snapshots {
  const { clock, timers, rule, shard } = parts;
  /** Segments never change, so that each is written once. */
  const fileOf = new WeakMap<SegmentData, string>();
  for (const { data, file } of parts.restored?.segments ?? []) fileOf.set(data, file);
  let unsaved = nothing;
  let lastMs = clock.nowMs();
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  const plan = (): void => {
    timer?.cancel();
    timer = undefined;
    if (stopped || running !== undefined) return;
    const delayMs = snapshotDelayMs(unsaved, { nowMs: clock.nowMs(), lastMs, rule });
    if (delayMs !== undefined) timer = timers.after(delayMs, () => void save());
  };

  const write = async (): Promise<void> => {
    const { directory, definition, shardNumber, slices, indexing } = parts;
    const position = { era: parts.era(), sequence: shard.sequence };
    const { segments, memtables, version } = shard.capture();
    const pause = slices.start();
    const named: { data: SegmentData; dead: Uint32Array; file: string }[] = [];
    for (const { data, tombstones } of segments) {
      const dead = await deadDocuments(tombstones, version, pause);
      named.push({ data, dead, file: fileOf.get(data) ?? crypto.randomUUID() });
    }
    const batches: Uint8Array[] = [];
    for (const { memtable, documents } of memtables) {
      batches.push(...(await livingChanges(memtable, { documents, version }, pause)));
    }
    await indexing.save({
      ...{ directory, definition, shard: shardNumber, position },
      segments: named.map((one) => ({ ...one, data: fileOf.has(one.data) ? undefined : one.data })),
      memtables: batches,
      memtableFile: crypto.randomUUID(),
    });
    for (const { data, file } of named) fileOf.set(data, file);
  };

  const save = (): Promise<void> => {
    const taken = unsaved;
    unsaved = nothing;
    running ??= write()
      .catch((error: unknown) => {
        unsaved = sum(taken, unsaved);
        const { index } = parts.definition;
        parts.log.warn(
          { index, shard: parts.shardNumber, reason: messageOf(error) },
          "a snapshot could not be written",
        );
      })
      .finally(() => {
        running = undefined;
        lastMs = clock.nowMs();
        plan();
      });
    return running;
  };

  const stop = async (): Promise<void> => {
    stopped = true;
    timer?.cancel();
    while (running !== undefined) await running;
  };

  return {
    note(part) {
      if (parts.era() === "") return;
      unsaved = sum(unsaved, { ...part, sinceMs: clock.nowMs() });
      plan();
    },
    async finish() {
      await stop();
      if (unsaved.changes > 0) await save();
    },
    stop,
  };
}

function sum(earlier: Unsaved, later: Unsaved): Unsaved {
  if (earlier.changes === 0) return later;
  const changes = earlier.changes + later.changes;
  return { changes, sizeBytes: earlier.sizeBytes + later.sizeBytes, sinceMs: earlier.sinceMs };
}
