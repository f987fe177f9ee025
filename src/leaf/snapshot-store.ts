import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ShardAddress } from "../protocol/link.ts";

/** Where a leaf's snapshots are: a directory for each replica, named by what no other life of any index has. */
export type SnapshotStore = {
  directoryOf(address: Pick<ShardAddress, "incarnation" | "shard">): string;
  drop(address: Pick<ShardAddress, "incarnation" | "shard">): Promise<void>;
  /** Removes the snapshots that nobody will ask for: see `RetainedSnapshots`. */
  retain(retained: RetainedSnapshots): Promise<void>;
};

/**
 * What of the snapshots is to stay: of incarnations up to `head` only those that are `standing`, and of an incarnation
 * in `placed` only its shards that are named there.
 */
export type RetainedSnapshots = {
  standing: readonly number[];
  head: number;
  placed: readonly { incarnation: number; shards: readonly number[] }[];
};

/** The snapshots below a directory, which need not be there yet. */
export function createSnapshotStore(directory: string): SnapshotStore {
  const directoryOf: SnapshotStore["directoryOf"] = ({ incarnation, shard }) =>
    join(directory, `${incarnation}-${shard}`);
  return {
    directoryOf,
    drop: (address) => rm(directoryOf(address), { recursive: true, force: true }),
    async retain({ standing, head, placed }) {
      const kept = new Set(standing);
      const shardsOf = new Map(placed.map(({ incarnation, shards }) => [incarnation, shards]));
      for (const name of await readdir(directory).catch(() => [])) {
        const [incarnation = Number.NaN, shard = Number.NaN] = name.split("-").map(Number);
        if (!Number.isSafeInteger(shard) || !(incarnation <= head)) continue;
        if (kept.has(incarnation) && shardsOf.get(incarnation)?.includes(shard) !== false) continue;
        await rm(join(directory, name), { recursive: true, force: true });
      }
    },
  };
}
