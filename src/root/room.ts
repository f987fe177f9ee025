import type { DocumentWrite } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import { shardOf } from "../protocol/hashing.ts";
import type { CatalogIndex } from "./catalog.ts";

/**
 * Throws `storage_unavailable` where documents are for a shard that not one of its leaves has memory for: taking them
 * would put them where nobody finds them. Deletes are taken: they are what makes room in the log.
 */
export function requireRoom(index: CatalogIndex | undefined, writes: readonly DocumentWrite[]): void {
  const full = index?.shards.map(({ feeds }) =>
    feeds.every((feed) => feed.full !== undefined) ? feeds[0]?.full : undefined,
  );
  if (full?.some((detail) => detail !== undefined) !== true) return;
  for (const { kind, id } of writes) {
    const shard = shardOf(id, full.length);
    const detail = kind === "put" ? full[shard] : undefined;
    if (detail === undefined) continue;
    throw new HedgerowError(
      "storage_unavailable",
      `shard ${shard} of "${index?.definition.index}" has no room: ${detail}`,
    );
  }
}
