import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ShardAddress } from "../protocol/link.ts";

/** Where a leaf's snapshots are: a directory for each replica, named by what no other life of any index has. */
export type SnapshotStore = {
  directoryOf(address: Pick<ShardAddress, "incarnation" | "shard">): string;
  drop(address: Pick<ShardAddress, "incarnation" | "shard">): Promise<void>;
  /** Removes the snapshots of indexes that were dropped: of incarnations up to `head` that are not `standing`. */
  retain(standing: readonly number[], head: number): Promise<void>;
};

/** The snapshots below a directory, which need not be there yet. */
export function createSnapshotStore(directory: string): SnapshotStore {
  const directoryOf: SnapshotStore["directoryOf"] = ({ incarnation, shard }) =>
    join(directory, `${incarnation}-${shard}`);
  return {
    directoryOf,
    drop: (address) => rm(directoryOf(address), { recursive: true, force: true }),
    async retain(standing, head) {
      const kept = new Set(standing);
      for (const name of await readdir(directory).catch(() => [])) {
        const [incarnation = Number.NaN, shard = Number.NaN] = name.split("-").map(Number);
        if (!Number.isSafeInteger(shard) || !(incarnation <= head) || kept.has(incarnation)) continue;
        await rm(join(directory, name), { recursive: true, force: true });
      }
    },
  };
}
