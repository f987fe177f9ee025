import type { ShardHealth } from "../policy/shard.ts";
import type { GlobalStatistics } from "../query/statistics.ts";
import type { ReplicaFeed } from "./feed.ts";

export type ShardHeard = {
  readonly appendedSequence: number;
  readonly feeds: readonly Pick<ReplicaFeed, "state" | "sequence" | "appliedSequence" | "hasCaughtUp">[];
};

/** What a root has heard of an index's documents. */
export type DocumentsHeard<Shard extends ShardHeard = ShardHeard> = {
  readonly definition: { readonly incarnation: number };
  readonly statistics: Pick<GlobalStatistics, "cursor" | "isKnown" | "shard">;
  readonly shards: readonly Shard[];
};

/**
 * Whether the statistics tell of just the documents that a search of a shard could meet: no replica that is asked holds more
 * or less of the log, and the log holds nothing of the shard beyond it, as far as this root has heard.
 */
export function tellsOfAll({ shards, statistics }: DocumentsHeard, shardNumber: number): boolean {
  const shard = shards[shardNumber];
  if (shard === undefined || statistics.cursor(shardNumber) === undefined) return false;
  const { sequence } = statistics.shard(shardNumber);
  return (
    shard.feeds.some(({ hasCaughtUp }) => hasCaughtUp) &&
    shard.appendedSequence <= sequence &&
    shard.feeds.every(({ appliedSequence, state }) =>
      state === "ready" ? appliedSequence === sequence : appliedSequence <= sequence,
    )
  );
}

/** Says of each shard how many documents it was last heard to hold, and whether that is all: it weighs in the coverage. */
export function weighShards(index: DocumentsHeard<ShardHeard & { readonly health: ShardHealth }>): void {
  index.shards.forEach(({ health }, shard) => {
    health.documents = index.statistics.shard(shard).documents;
    health.documentsCertain = tellsOfAll(index, shard);
  });
}

/**
 * The most documents that some shards can hold together, as far as this root has heard of the log; 0 only where they are
 * known to be empty. Every document has a sequence of its own, that of its latest change. So shards of which not all is
 * known hold at most one document for each sequence since the index was created, less those of the other shards'
 * documents. Where all of them have been heard of, they also hold at most what they held then, and one document more for
 * each sequence since.
 */
export function documentsAtMost(index: DocumentsHeard, shardNumbers: readonly number[]): number {
  const { shards, statistics, definition } = index;
  const uncertain = shardNumbers.filter((shard) => !tellsOfAll(index, shard));
  const documentsOf = (numbers: readonly number[]): number =>
    numbers.reduce((sum, shard) => sum + statistics.shard(shard).documents, 0);
  const certain = documentsOf(shardNumbers) - documentsOf(uncertain);
  if (uncertain.length === 0) return certain;
  const elsewhere = documentsOf([...shards.keys()]) - documentsOf(uncertain);
  const headSequence = headHeardOf(shards);
  const sinceCreation = headSequence - definition.incarnation - elsewhere;
  if (!uncertain.every((shard) => statistics.isKnown(shard))) return certain + Math.max(1, sinceCreation);
  const heardSequence = Math.min(...uncertain.map((shard) => statistics.shard(shard).sequence));
  const sinceHeard = documentsOf(uncertain) + Math.max(0, headSequence - heardSequence);
  return certain + Math.max(1, Math.min(sinceCreation, sinceHeard));
}

/** How far the log reaches by what has come to the ears of any of an index's shards. */
function headHeardOf(shards: readonly ShardHeard[]): number {
  let head = 0;
  for (const { appendedSequence, feeds } of shards) {
    head = Math.max(head, appendedSequence);
    for (const { sequence } of feeds) head = Math.max(head, sequence);
  }
  return head;
}
