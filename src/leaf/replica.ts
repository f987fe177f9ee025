import { Shard } from "../engine/shard.ts";
import { HedgerowError } from "../errors.ts";
import type { ReplicaStatus } from "../protocol/link.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { type Random, systemRandom, systemTimers, type Timers } from "../time.ts";
import { type BatchPart, batchParts, type PartLimits } from "./batch-parts.ts";
import { createGate } from "./gate.ts";
import type { Indexing } from "./indexing.ts";
import { type StagePart, stageAnalyzed, stageSealed } from "./stage-part.ts";
import { createUpkeep } from "./upkeep.ts";

/** One shard's copy on this leaf, kept up to date by batches of changes. */
export type Replica = {
  readonly definition: IndexDefinition;
  readonly shardNumber: number;
  readonly shard: Shard;
  /**
   * Applies a batch (see `protocol/batch.ts`), of which no change is after `upTo`; the shard is then as of that, or later.
   * Batches are applied in the order of the calls, whatever the workers finish first. Changes that have been applied are
   * skipped. Resolves to the sequence that can be searched. Rejects with `overloaded` or `not_ready`: send it again, and
   * what came after it.
   */
  apply(batch: Uint8Array, upTo: number, after?: number): Promise<number>;
  status(): ReplicaStatus;
  /** Resolves when no sealing or merging is due any more. */
  settled(): Promise<void>;
  /** Stops applying and merging; resolves when nothing of it runs any more. */
  close(): Promise<void>;
};

export type ReplicaSettings = PartLimits & {
  /** Batches of more changes become a segment of their own; smaller ones are appended to the memtable. */
  appendedChangesMax: number;
  appendedBytesMax: number;
  /** A memtable as large as either is sealed. */
  memtableDocumentsMax: number;
  memtableBytesMax: number;
  /** How long nothing must have been written before the segments are made as few as can be. */
  quietMs: number;
};

const replicaDefaults: ReplicaSettings = {
  appendedChangesMax: 200,
  appendedBytesMax: 1 << 18,
  partChangesMax: 4096,
  partBytesMax: 4 << 20,
  pieceChangesMax: 512,
  pieceBytesMax: 1 << 16,
  memtableDocumentsMax: 2000,
  memtableBytesMax: 8 << 20,
  quietMs: 3000,
};

/** A part of a batch, and what a worker makes of it. */
type Scheduled = { part: BatchPart; prepared: Promise<StagePart> };

export type ReplicaParts = {
  definition: IndexDefinition;
  shard: number;
  indexing: Indexing;
  timers?: Timers;
  random?: Random;
  settings?: Partial<ReplicaSettings>;
  /** What the replica begins with; without it, it is empty. */
  restored?: Shard | undefined;
  /** Hears of every part of a batch that has become searchable. */
  onApplied?: (part: { changes: number; sizeBytes: number }) => void;
  /** Hears why sealing or merging goes wrong; what it was to replace stands until it is tried again. */
  onTrouble?: (reason: string) => void;
};

/** Makes a replica, empty or as its snapshot says. */
export function createReplica({
  definition,
  shard: shardNumber,
  indexing,
  timers = systemTimers,
  random = systemRandom,
  settings: overrides = {},
  restored,
  onApplied,
  onTrouble,
}: ReplicaParts): Replica {
  const settings = { ...replicaDefaults, ...overrides };
  const { slices } = indexing;
  const shard = restored ?? new Shard(definition.settings, random);
  /** Batches are copied one after the other, to reach the workers in their order. */
  const copies = createGate(1, Number.POSITIVE_INFINITY);
  /** Batches wait for the workers here, in their order. */
  const order = createGate(1, Number.POSITIVE_INFINITY);
  /** Whatever changes the shard takes its turn here, once all that it needs is there: merges must not wait for workers. */
  const turns = createGate(1, Number.POSITIVE_INFINITY);
  const upkeep = createUpkeep({ definition, shard, indexing, turns, slices, timers, settings, onTrouble });
  if (restored !== undefined) upkeep.start();
  /** The last change that was handed to the workers. */
  let scheduled = shard.sequence;
  /** Counts failures: what was scheduled before one must not be applied after it. */
  let failures = 0;
  let closed = false;

  const prepare = ({ pieces, changes, sizeBytes }: BatchPart): Promise<StagePart> => {
    const small = changes <= settings.appendedChangesMax && sizeBytes <= settings.appendedBytesMax;
    const prepared = small
      ? indexing.analyze(definition.settings, pieces).then(stageAnalyzed)
      : indexing.seal(definition.settings, pieces).then(stageSealed);
    // It is awaited when its turn comes; until then a failure is nobody's.
    prepared.catch(() => undefined);
    return prepared;
  };

  const schedule = (batch: Uint8Array, after: number): Promise<Scheduled[]> => {
    const work = copies.run(async () => {
      await slices.next();
      const parts = await batchParts(batch, after, { limits: settings, pause: slices.start() });
      return parts.map((part) => ({ part, prepared: prepare(part) }));
    });
    work.catch(() => undefined);
    return work;
  };

  const commit = async (part: BatchPart, stagePart: StagePart): Promise<void> => {
    await slices.next();
    const stage = shard.stage();
    try {
      await stagePart(stage.staged, slices.start());
      await slices.next();
    } catch (cause) {
      stage.abandon();
      throw cause;
    }
    stage.publish(part.sequence);
    onApplied?.({ changes: part.changes, sizeBytes: part.sizeBytes });
  };

  const applyTurn = async (work: Promise<Scheduled[]>, known: number) => {
    if (closed || failures !== known) throw new HedgerowError("not_ready", "a batch before this one was not applied");
    try {
      for (const { part, prepared } of await work) {
        const stagePart = await prepared;
        await turns.run(() => commit(part, stagePart));
      }
    } catch (cause) {
      failures++;
      scheduled = shard.sequence;
      throw cause;
    }
  };

  return {
    definition,
    shardNumber,
    shard,
    async apply(batch, upTo, after = 0) {
      // Several roots feed a replica, each from where it found it; a page beyond what is here would leave a gap.
      if (after > scheduled) {
        throw new HedgerowError("not_ready", `the replica stands at ${scheduled}, before ${after}`);
      }
      const work = schedule(batch, scheduled);
      scheduled = Math.max(scheduled, upTo);
      const known = failures;
      return order.run(async () => {
        await applyTurn(work, known);
        shard.advance(upTo);
        upkeep.start();
        return shard.sequence;
      });
    },
    status() {
      return {
        index: definition.index,
        incarnation: definition.incarnation,
        shard: shardNumber,
        sequence: shard.sequence,
        documents: shard.documents,
        deleted: shard.deleted,
        segments: shard.segments.length,
        memtableDocuments: shard.memtableDocuments,
        sizeBytes: shard.sizeBytes,
      };
    },
    settled: () => upkeep.settled(),
    async close() {
      closed = true;
      upkeep.stop();
      await order.run(async () => undefined);
      await upkeep.settled();
    },
  };
}
