import { Shard } from "../engine/shard.ts";
import { currentEra, isOnHistory, type LogEra } from "../protocol/history.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { Log } from "../telemetry/log.ts";
import { type Clock, systemClock, systemTimers, type Timers } from "../time.ts";
import type { Indexing } from "./indexing.ts";
import { createReplica, type ReplicaSettings } from "./replica.ts";
import type { HeldReplica, OpenReplica } from "./replicas.ts";
import { type Slices, takeSteps } from "./slices.ts";
import type { LoadedSnapshot } from "./snapshot-files.ts";
import { type SnapshotRule, snapshotRuleDefaults } from "./snapshot-rule.ts";
import type { SnapshotStore } from "./snapshot-store.ts";
import { createSnapshots, type Snapshots } from "./snapshots.ts";

/** Where and when snapshots are written, and who hears of trouble with them. */
export type SnapshotKeeping = {
  store: SnapshotStore;
  log: Pick<Log, "warn">;
  rule?: SnapshotRule;
  clock?: Clock;
  timers?: Timers;
};

/** Opens replicas that share the indexing workers of the process: from their snapshots where some are kept, else empty. */
export function openReplicaWith(
  indexing: Indexing,
  keeping?: SnapshotKeeping,
  settings: Partial<ReplicaSettings> = {},
): OpenReplica {
  const { slices } = indexing;
  return async (definition, shard, eras) => {
    const snapshot = keeping === undefined ? undefined : await load(indexing, keeping, { definition, shard, eras });
    let era = currentEra(eras);
    let snapshots: Snapshots | undefined;
    const replica = createReplica({
      ...{ definition, shard, indexing, settings },
      restored: snapshot && (await restore(definition, snapshot, slices)),
      onApplied: (part) => snapshots?.note(part),
      onTrouble: (reason) =>
        keeping?.log.warn({ index: definition.index, shard, reason }, "segments could not be sealed or merged"),
    });
    if (keeping !== undefined) {
      const { store, log, rule = snapshotRuleDefaults, clock = systemClock, timers = systemTimers } = keeping;
      snapshots = createSnapshots({
        ...{ definition, shardNumber: shard, shard: replica.shard, era: () => era },
        ...{ indexing, slices, clock, timers, rule, log },
        directory: store.directoryOf({ incarnation: definition.incarnation, shard }),
        restored: snapshot,
      });
    }
    return {
      get sequence() {
        return replica.shard.sequence;
      },
      follow(now) {
        const position = { era, sequence: replica.shard.sequence };
        if (now.length === 0) return true;
        if (era !== "" && !isOnHistory(position, now)) return false;
        era = currentEra(now);
        return true;
      },
      prepare: (plan) => replica.shard.prepare(plan),
      apply: (batch, upTo, after) => replica.apply(batch, upTo, after),
      statistics: (since, limitTerms) => replica.shard.statistics(since, limitTerms),
      status: () => replica.status(),
      async close() {
        await replica.close();
        await snapshots?.finish();
      },
      async drop() {
        await replica.close();
        await snapshots?.stop();
        await keeping?.store.drop({ incarnation: definition.incarnation, shard });
      },
    } satisfies HeldReplica;
  };
}

async function restore(
  { settings }: IndexDefinition,
  { segments, position }: LoadedSnapshot,
  slices: Slices,
): Promise<Shard> {
  const shard = new Shard(settings);
  await takeSteps(shard.restore(segments, position.sequence), slices.start());
  return shard;
}

type Wanted = { definition: IndexDefinition; shard: number; eras: readonly LogEra[] };

/** The replica's snapshot, if it may be believed; another one is removed, since the log holds all that it could. */
async function load(
  indexing: Indexing,
  { store, log }: SnapshotKeeping,
  { definition, shard, eras }: Wanted,
): Promise<LoadedSnapshot | undefined> {
  const { index, incarnation } = definition;
  // A log that says nothing of its history cannot vouch for any.
  if (eras.length === 0) return undefined;
  const directory = store.directoryOf({ incarnation, shard });
  const loading = await indexing.load({ directory, definition, shard, eras });
  if (loading.kind === "loaded") return loading.snapshot;
  if (loading.kind === "unfit") {
    const { detail } = loading;
    log.warn({ index, incarnation, shard, directory, detail }, "a snapshot was dropped; the log is read instead");
    await store.drop({ incarnation, shard });
  }
  return undefined;
}
