import { HedgerowError } from "../errors.ts";
import { type Clock, sleep, type Timers } from "../time.ts";
import type { CatalogIndex } from "./catalog.ts";

const pollMs = 2;

/**
 * Waits until a write can be found: every replica that may be asked has applied it, and the statistics have heard of
 * it. Gives up at `untilMs`; the answer's `sequence` then tells the truth. Throws `invalid_request` on a token that no
 * write gave out.
 */
export async function waitForWrite(
  index: CatalogIndex,
  token: string,
  { clock, timers, untilMs }: { clock: Clock; timers: Timers; untilMs: number },
): Promise<void> {
  const sequence = Number(token);
  if (!Number.isSafeInteger(sequence) || sequence < 0 || token.trim() !== token) {
    const detail = `"after" takes the token of a write, not "${token}"`;
    throw new HedgerowError("invalid_request", detail, [{ path: "/after", detail }]);
  }
  for (let turn = 0; !isSearchable(index, sequence) && clock.nowMs() < untilMs; turn++) {
    // Another root's write may take a moment to be heard of here; so the asking is repeated, ever more seldom.
    if ((turn & (turn - 1)) === 0) readOn(index, sequence);
    await sleep(pollMs, timers);
  }
}

/** A feed is told of its own shard's writes only; reading the log on shows it that nothing else concerns the shard. */
function readOn({ shards }: CatalogIndex, sequence: number): void {
  for (const { feeds } of shards) for (const feed of feeds) if (feed.sequence < sequence) feed.notify();
}

function isSearchable({ shards, statistics }: CatalogIndex, sequence: number): boolean {
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
