import type { CatalogIndex } from "./catalog.ts";

/** `trouble`: why it cannot be brought to serve, where the log is the cause. */
export type UnreadyShard = { index: string; shard: number; trouble?: string };

/** The shards that nobody can serve right now: none of their replicas is ready, or their words cannot be weighed yet. */
export function unreadyShards(indexes: Iterable<CatalogIndex>): UnreadyShard[] {
  return [...indexes].flatMap(({ definition, shards, statistics }) =>
    shards.flatMap(({ feeds }, shard) => {
      if (statistics.isKnown(shard) && feeds.some(({ state }) => state === "ready")) return [];
      const trouble = feeds.find((feed) => feed.trouble !== undefined)?.trouble;
      return [{ index: definition.index, shard, ...(trouble === undefined ? {} : { trouble }) }];
    }),
  );
}
