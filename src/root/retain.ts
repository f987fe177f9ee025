import type { ChangeLog } from "../changes/log.ts";
import type { ShardAddress } from "../protocol/link.ts";
import type { LeafLink } from "./leaf-link.ts";

const retainTimeoutMs = 10_000;
const statusTimeoutMs = 10_000;

/** The shards of an incarnation that a leaf is to hold. */
export type PlacedShards = { incarnation: number; shards: readonly number[] };

/**
 * Has a leaf free what it kept on its disk of indexes that were dropped and of shards that moved elsewhere, perhaps while
 * it was away. Best effort: it is asked again whenever its link comes up.
 */
export async function retainOn(
  link: LeafLink,
  log: Pick<ChangeLog, "head" | "indexes">,
  placed: readonly PlacedShards[],
): Promise<void> {
  try {
    // The head first: whatever is created after it was read is beyond it, and is left alone.
    const head = await log.head();
    const standing = (await log.indexes()).map(({ incarnation }) => incarnation);
    await link.call("retain", { standing, head, placed }, { timeoutMs: retainTimeoutMs });
  } catch {
    // The link went down again, or the log is closing.
  }
}

/** The replicas that a leaf holds, whoever has asked for them; none where it does not answer. */
export async function heldBy(link: LeafLink): Promise<ShardAddress[]> {
  try {
    return (await link.call("status", {}, { timeoutMs: statusTimeoutMs })).replicas;
  } catch {
    return [];
  }
}
