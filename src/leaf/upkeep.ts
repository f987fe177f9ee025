import type { Piece } from "../engine/piece.ts";
import type { SegmentData } from "../engine/segment-data.ts";
import type { Shard } from "../engine/shard.ts";
import { chooseMerge } from "../engine/tiers.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { Gate } from "./gate.ts";
import type { Indexing } from "./indexing.ts";
import { livingChanges } from "./living-changes.ts";
import type { Slices } from "./slices.ts";

export type UpkeepSettings = { memtableDocumentsMax: number; memtableBytesMax: number };

/** Seals full memtables and merges segments in the workers, while the shard goes on being searched and written. */
export type Upkeep = {
  /** Looks whether something is due, and does it in the background. */
  start(): void;
  /** Resolves when nothing is due any more. */
  settled(): Promise<void>;
  /** Begins nothing more. */
  stop(): void;
};

export type UpkeepParts = {
  definition: IndexDefinition;
  shard: Shard;
  indexing: Indexing;
  /** The shard is only changed in a turn of this gate. */
  turns: Gate;
  slices: Slices;
  settings: UpkeepSettings;
};

/** Makes the upkeep of one replica; at most one seal or merge of it runs at a time. */
export function createUpkeep({ definition, shard, indexing, turns, slices, settings }: UpkeepParts): Upkeep {
  let running: Promise<void> | undefined;
  let stopped = false;

  /** Swaps pieces for the segment that `make` makes of them as they are now. */
  const swap = async (pieces: readonly Piece[], make: () => Promise<SegmentData>): Promise<void> => {
    const since = shard.version;
    const data = await make();
    if (!stopped) await turns.run(async () => shard.replace(pieces, data, since));
  };

  const sealMemtable = async (): Promise<boolean> => {
    const { documents, sizeBytes } = shard.memtable;
    if (documents >= settings.memtableDocumentsMax || sizeBytes >= settings.memtableBytesMax) {
      await turns.run(async () => shard.freeze());
    }
    const frozen = shard.frozenMemtables[0];
    if (frozen === undefined) return false;
    await swap([frozen], async () => {
      const batches = await livingChanges(
        frozen,
        { documents: frozen.documents, version: shard.version },
        slices.start(),
      );
      return (await indexing.seal(definition.settings, batches)).data;
    });
    return true;
  };

  const mergeSegments = async (): Promise<boolean> => {
    const { segments } = shard;
    const sizes = segments.map(({ documents, sizeBytes, tombstones }) => ({
      documents,
      sizeBytes,
      deleted: tombstones.count,
    }));
    const chosen = chooseMerge(sizes)?.flatMap((place) => segments[place] ?? []);
    if (chosen === undefined) return false;
    const version = shard.version;
    const sources = chosen.map(({ data, tombstones }) => ({ data, dead: tombstones.deadAt(version) }));
    await swap(chosen, () => indexing.merge(sources));
    return true;
  };

  const work = async (): Promise<void> => {
    while (!stopped && ((await sealMemtable()) || (await mergeSegments())));
  };

  return {
    start() {
      if (running !== undefined || stopped) return;
      running = work()
        // What was to be replaced stands as it was, and the next batch tries again.
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
    },
    async settled() {
      while (running !== undefined) await running;
    },
    stop() {
      stopped = true;
    },
  };
}
