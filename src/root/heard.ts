import type { FeedState } from "./feed.ts";

type HeardShard = { readonly feeds: readonly { readonly state: FeedState; readonly sequence: number }[] };

/**
 * Per shard the sequence up to which each of its replicas that can be asked holds every change. A replica names only the
 * last change of its own shard; that nothing further concerns it is for the root to know, which reads the log.
 */
export function heardSequences(shards: readonly HeardShard[]): number[] {
  return shards.map(({ feeds }) => {
    let heard = Number.POSITIVE_INFINITY;
    for (const { state, sequence } of feeds) if (state === "ready" && sequence < heard) heard = sequence;
    return heard === Number.POSITIVE_INFINITY ? 0 : heard;
  });
}
