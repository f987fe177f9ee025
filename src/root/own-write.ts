import { invalidAt } from "../errors.ts";
import type { GlobalStatistics } from "../query/statistics.ts";
import type { ReplicaFeed } from "./feed.ts";
import type { WaitingRoom, WaitLimits } from "./waits.ts";
import { writtenSequence } from "./written-sequence.ts";

/** What a search is left of its budget at least, if that is not more than half of it; */
const searchMs = 50;
/** and as a share: who gives it much time may ask for what takes long. */
const searchShare = 0.1;

/** What has to be known of an index to tell whether a write can be found. */
export type WrittenIndex = {
  readonly shards: readonly {
    readonly feeds: readonly Pick<ReplicaFeed, "state" | "sequence" | "appliedSequence" | "notify">[];
  }[];
  readonly statistics: Pick<GlobalStatistics, "isKnown" | "shard">;
};

/** Until when a search may wait for what it rests on: all of its budget but what searching itself takes. */
export function waitUntilMs(startMs: number, budgetMs: number): number {
  return startMs + budgetMs - Math.min(budgetMs / 2, Math.max(searchMs, budgetMs * searchShare));
}

/** Waits until the write of a token can be found. Throws `invalid_request` on one that no write can have given out. */
export async function waitForWrite(
  index: WrittenIndex,
  token: string,
  limits: WaitLimits & { waits: WaitingRoom },
): Promise<boolean> {
  const sequence = writtenSequence(token);
  if (sequence === undefined) throw invalidAt("/after", `"after" takes the token of a write, not "${token}"`);
  return waitForSequence(index, sequence, limits);
}

/**
 * Waits until the write of a sequence can be found: every replica that may be asked has applied it, and the statistics
 * have heard of it. Gives up at `untilMs`, or when nobody waits any more. Resolves to whether it can be found.
 */
export function waitForSequence(
  index: WrittenIndex,
  sequence: number,
  { waits, ...limits }: WaitLimits & { waits: WaitingRoom },
): Promise<boolean> {
  let turn = 0;
  const isFound = (): boolean => {
    if (isSearchable(index, sequence)) return true;
    // Another root's write may take a moment to be heard of here; so the asking is repeated, ever more seldom.
    if ((turn & (turn - 1)) === 0) readOn(index, sequence);
    turn++;
    return false;
  };
  return waits.until(isFound, limits);
}

/** A feed is told of its own shard's writes only; reading the log on shows it that nothing else concerns the shard. */
function readOn({ shards }: WrittenIndex, sequence: number): void {
  for (const { feeds } of shards) for (const feed of feeds) if (feed.sequence < sequence) feed.notify();
}

function isSearchable({ shards, statistics }: WrittenIndex, sequence: number): boolean {
  return shards.every(({ feeds }, shard) => {
    const ready = feeds.filter(({ state }) => state === "ready");
    // Replicas that hold the same may name different sequences: one that began from a snapshot names an earlier one.
    const applied = Math.min(...ready.map((feed) => feed.appliedSequence));
    return (
      ready.length > 0 &&
      ready.every((feed) => feed.sequence >= sequence) &&
      statistics.isKnown(shard) &&
      statistics.shard(shard).sequence >= Math.min(applied, sequence)
    );
  });
}
