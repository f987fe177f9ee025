import { HedgerowError } from "../errors.ts";
import type { FeedState } from "./feed.ts";
import type { WaitingRoom, WaitLimits } from "./waits.ts";

/** What has to be known of an index to tell. */
export type WeighedIndex = {
  readonly shards: readonly { readonly feeds: readonly { readonly state: FeedState }[] }[];
  readonly statistics: { isKnown(shard: number): boolean };
};

/**
 * Whether words can be weighed: the statistics have heard all of every shard that can be searched. A root that has just
 * started has replicas to ask before it knows what their words are worth; scores would then not be comparable with any
 * other's. A shard that nobody can search holds nothing up.
 */
export function isWeighable({ shards, statistics }: WeighedIndex): boolean {
  return shards.every(({ feeds }, shard) => statistics.isKnown(shard) || !feeds.some(({ state }) => state === "ready"));
}

/** Waits until words can be weighed. Throws `not_ready` where that takes longer than `untilMs`. */
export async function waitForWeights(
  index: WeighedIndex,
  { waits, ...limits }: WaitLimits & { waits: WaitingRoom },
): Promise<void> {
  if (await waits.until(() => isWeighable(index), limits)) return;
  const detail = "this root is still gathering the statistics that scores rest on";
  const total = index.shards.length;
  const coverage = { documents: 0, shards: { total, complete: 0, truncated: 0, missing: total } };
  throw new HedgerowError("not_ready", detail).withFacts({ coverage });
}
