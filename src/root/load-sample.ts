import type { ShardReport } from "./gather-contract.ts";

/**
 * What a query's end says about the load, for admission: the time of its slowest answer and how much of it was
 * queueing. A shard that never answered is left out while most did, since it is then broken and not busy; when most are
 * missing, all of the query's time counts and the queueing is unknown.
 */
export function loadSample(
  shards: readonly ShardReport[],
  tookMs: number,
): { tookMs: number; queuedMs: number | undefined } {
  let answered = 0;
  let slowest: ShardReport | undefined;
  for (const shard of shards) {
    if (shard.winner === undefined) continue;
    answered++;
    if (slowest === undefined || shard.tookMs > slowest.tookMs) slowest = shard;
  }
  if (slowest === undefined || answered * 2 < shards.length) return { tookMs, queuedMs: undefined };
  return { tookMs: slowest.tookMs, queuedMs: Math.min(slowest.queuedMs, slowest.tookMs) };
}
