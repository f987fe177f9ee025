import type { MergeSource } from "../engine/merge-segments.ts";
import type { Piece } from "../engine/piece.ts";
import { Segment } from "../engine/segment.ts";
import type { SegmentData } from "../engine/segment-data.ts";
import type { Shard } from "../engine/shard.ts";
import { chooseMerge, chooseQuietMerge } from "../engine/tiers.ts";
import { messageOf } from "../errors.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { Timer, Timers } from "../time.ts";
import { deadDocuments } from "./dead-documents.ts";
import type { Gate } from "./gate.ts";
import type { Indexing } from "./indexing.ts";
import { livingChanges } from "./living-changes.ts";
import { type Slices, takeSteps } from "./slices.ts";

export type UpkeepSettings = {
  memtableDocumentsMax: number;
  memtableBytesMax: number;
  /** How long nothing must have been written before segments are made as few as can be. */
  quietMs: number;
};

/**
 * Seals full memtables and merges segments in the workers, while the shard goes on being searched and written; once
 * writing has paused, merges what is left.
 */
export type Upkeep = {
  /** Looks after a write whether something is due, and does it in the background. */
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
  timers: Timers;
  settings: UpkeepSettings;
  /** Hears why sealing or merging failed, once until it has succeeded or the reason is another. */
  onTrouble?: ((reason: string) => void) | undefined;
};

/** From how many documents a memtable is sealed, and which segments are merged. */
type Thoroughness = { documentsMax: number; choose: typeof chooseMerge };

/** A memtable of fewer documents stays one in a quiet time too: searching it costs little, and the next write is near. */
const quietDocumentsMin = 64;

/** Makes the upkeep of one replica; at most one seal or merge of it runs at a time. */
export function createUpkeep(parts: UpkeepParts): Upkeep {
  const { definition, shard, indexing, turns, slices, timers, settings, onTrouble } = parts;
  const busy: Thoroughness = { documentsMax: settings.memtableDocumentsMax, choose: chooseMerge };
  const quiet: Thoroughness = { documentsMax: quietDocumentsMin, choose: chooseQuietMerge };
  let silence: Timer | undefined;
  let running: Promise<void> | undefined;
  let trouble: string | undefined;
  let stopped = false;

  /** Swaps pieces for the segment that `make` makes of them as they are at the version that it is given, which is now. */
  const swap = async (pieces: readonly Piece[], make: (version: number) => Promise<SegmentData>): Promise<void> => {
    const since = shard.version;
    const data = await make(since);
    await slices.next();
    const segment = new Segment(data);
    const pause = slices.start();
    await takeSteps(shard.warm(segment), pause);
    if (stopped) return;
    await turns.run(async () => {
      await takeSteps(shard.carryDeaths(pieces, segment, since), pause);
      shard.replace(pieces, segment);
      await takeSteps(shard.shortenJournal(), pause);
    });
  };

  const sealMemtable = async (documentsMax: number): Promise<boolean> => {
    const { documents, sizeBytes } = shard.memtable;
    if (documents >= documentsMax || sizeBytes >= settings.memtableBytesMax) {
      await turns.run(async () => shard.freeze());
    }
    const frozen = shard.frozenMemtables[0];
    if (frozen === undefined) return false;
    await swap([frozen], async (version) => {
      const batches = await livingChanges(frozen, { documents: frozen.documents, version }, slices.start());
      return (await indexing.seal(definition.settings, batches)).data;
    });
    return true;
  };

  const mergeSegments = async (choose: typeof chooseMerge): Promise<boolean> => {
    await slices.next();
    const { segments } = shard;
    const sizes = segments.map(({ documents, sizeBytes, tombstones }) => ({
      documents,
      sizeBytes,
      deleted: tombstones.count,
    }));
    const chosen = choose(sizes)?.flatMap((place) => segments[place] ?? []);
    if (chosen === undefined) return false;
    await swap(chosen, async (version) => {
      const pause = slices.start();
      const sources: MergeSource[] = [];
      for (const { data, tombstones } of chosen) {
        sources.push({ data, dead: await deadDocuments(tombstones, version, pause) });
      }
      return indexing.merge(sources);
    });
    return true;
  };

  const work = async ({ documentsMax, choose }: Thoroughness): Promise<void> => {
    while (!stopped && ((await sealMemtable(documentsMax)) || (await mergeSegments(choose))));
  };

  const note = (reason: string | undefined): void => {
    if (stopped || reason === trouble) return;
    trouble = reason;
    if (reason !== undefined) onTrouble?.(reason);
  };

  const run = (thoroughness: Thoroughness): void => {
    if (running !== undefined || stopped) return;
    running = work(thoroughness)
      .then(() => note(undefined))
      // What was to be replaced stands as it was, and the next batch tries again.
      .catch((error: unknown) => note(messageOf(error)))
      .finally(() => {
        running = undefined;
      });
  };

  /** Once nothing has been written for a while, and what is under way has ended. */
  const awaitPause = (): void => {
    silence?.cancel();
    silence = timers.after(settings.quietMs, () => {
      if (running === undefined) run(quiet);
      else awaitPause();
    });
  };

  return {
    start() {
      if (stopped) return;
      run(busy);
      awaitPause();
    },
    async settled() {
      while (running !== undefined) await running;
    },
    stop() {
      stopped = true;
      silence?.cancel();
    },
  };
}
