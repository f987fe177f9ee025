import type { CatalogIndex } from "./catalog.ts";

/**
 * Whether the statistics tell of just the documents that a search of a shard could meet: no replica that is asked holds more
 * or less of the log, and the log holds nothing of the shard beyond it, as far as this root has heard.
 */
export function tellsOfAll({ shards, statistics }: CatalogIndex, shardNumber: number): boolean {
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
