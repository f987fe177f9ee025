import type { CatalogIndex } from "./catalog.ts";
import type { ReplicaFeed } from "./feed.ts";

/** Why no leaf holds a replica that is wanted: there are too few leaves, one is away or full, or it is being filled. */
export const missingCauses = ["no_leaf", "unreachable", "no_memory", "filling"] as const;
export type MissingCause = (typeof missingCauses)[number];
export type MissingReplicas = Record<MissingCause, number>;

type Wanted = Pick<ReplicaFeed, "state" | "full" | "hasCaughtUp"> & { leaf: { name: string } };
/** An index, and on which leaves each of its shards is wanted. */
type PlacedIndex = {
  index: Pick<CatalogIndex, "definition"> & { shards: readonly { feeds: readonly Wanted[] }[] };
  leaves: readonly (readonly string[])[];
};

/** How many replicas are wanted that no leaf holds, by why. One that stands where it is not wanted is none of these. */
export function missingReplicas(placed: Iterable<PlacedIndex>): MissingReplicas {
  const missing = { no_leaf: 0, unreachable: 0, no_memory: 0, filling: 0 };
  for (const { index, leaves } of placed) {
    index.shards.forEach(({ feeds }, shard) => {
      const wanted = leaves[shard] ?? [];
      missing.no_leaf += index.definition.settings.replicas - wanted.length;
      for (const name of wanted) {
        const cause = causeOf(feeds.find(({ leaf }) => leaf.name === name));
        if (cause !== undefined) missing[cause]++;
      }
    });
  }
  return missing;
}

function causeOf(feed: Wanted | undefined): MissingCause | undefined {
  if (feed === undefined || feed.state === "unreachable") return "unreachable";
  if (feed.hasCaughtUp) return undefined;
  return feed.full === undefined ? "filling" : "no_memory";
}
