import { murmur3 } from "../protocol/hashing.ts";

/** A leaf as placement sees it. Where zones are given they are given for all. */
export type PlacementLeaf = { name: string; zone?: string };

export type PlacementRequest = {
  index: string;
  shards: number;
  replicas: number;
  leaves: readonly PlacementLeaf[];
  /** See `chooseSalt`; fixed when the index is created. */
  salt: number;
};

/**
 * Which leaves hold each shard: rendezvous hashing (Thaler and Ravishankar 1998), so that every root computes the same
 * without asking anyone. A shard's replicas are on distinct leaves, and on distinct zones as long as there are enough:
 * the best leaf of each of the best zones first, then the best of the other leaves. Fewer leaves than replicas: all of
 * them. A leaf that joins takes over replicas from others and moves nothing between those; likewise when one leaves.
 */
export function placeReplicas(request: PlacementRequest): string[][] {
  return Array.from({ length: request.shards }, (_, shard) => placeShard(request, shard));
}

function placeShard({ index, replicas, leaves, salt }: PlacementRequest, shard: number): string[] {
  const ranked = leaves
    .map(({ name, zone }) => ({ name, zone: zone ?? name, weight: murmur3(`${index}/${shard}/${name}`, salt) }))
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
  const zones = new Set<string>();
  const bestOfZone: string[] = [];
  const rest: string[] = [];
  for (const { name, zone } of ranked) (zones.size < zones.add(zone).size ? bestOfZone : rest).push(name);
  return [...bestOfZone, ...rest].slice(0, replicas);
}

/** For each shard, which of its leaves is filled first: going from shard to shard, one that is first least often so far. */
export function firstFilled(placed: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>();
  const countOf = (leaf: string): number => counts.get(leaf) ?? 0;
  return placed.flatMap(([first, ...others]) => {
    if (first === undefined) return [""];
    const chosen = others.reduce((best, leaf) => (countOf(leaf) < countOf(best) ? leaf : best), first);
    counts.set(chosen, countOf(chosen) + 1);
    return [chosen];
  });
}

/** Each try ranks every leaf for every shard. This many rankings take some 25 ms, for which a root answers nobody. */
const rankingsMax = 40_000;

/**
 * The hash's salt that spreads a new index most evenly over the leaves of the day. Rendezvous hashing is even only over
 * many shards; a handful would often leave one leaf with four replicas and another with none. The salt is kept with
 * the index: choosing it anew for other leaves would move everything. The work is bounded, so large layouts, which need
 * it least, are searched least.
 */
export function chooseSalt(request: Omit<PlacementRequest, "salt">): number {
  const tries = Math.ceil(rankingsMax / Math.max(1, request.shards * request.leaves.length));
  let best = 0;
  let bestSpread = Number.POSITIVE_INFINITY;
  for (let salt = 0; salt < tries && bestSpread > 1; salt++) {
    const spread = spreadOf(placeReplicas({ ...request, salt }), request.leaves);
    if (spread < bestSpread) {
      best = salt;
      bestSpread = spread;
    }
  }
  return best;
}

/** Replicas on the fullest leaf less those on the emptiest. */
function spreadOf(placed: readonly string[][], leaves: readonly PlacementLeaf[]): number {
  const loads = new Map(leaves.map(({ name }) => [name, 0]));
  for (const name of placed.flat()) loads.set(name, (loads.get(name) ?? 0) + 1);
  return Math.max(0, ...loads.values()) - Math.min(...loads.values());
}
