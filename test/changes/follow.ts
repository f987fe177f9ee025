import { expect } from "vitest";
import type { ChangeLog } from "../../src/changes/log.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";

/** A change as a follower sees it, with a source that can be compared. */
export type Seen = { id: string; sequence: number; source: string | null };

/** Reads a shard to its end page by page, checking what every page promises. */
export async function readShard(
  log: ChangeLog,
  { index, incarnation }: Pick<IndexDefinition, "index" | "incarnation">,
  { shard, after, limitBytes }: { shard: number; after: number; limitBytes: number },
): Promise<Seen[]> {
  const seen: Seen[] = [];
  let from = after;
  for (let more = true; more; ) {
    const page = await log.read({ index, incarnation, shard, after: from, limitBytes });
    const sizesBytes = page.changes.map((change) => (change.kind === "put" ? change.source.length : 0));
    if (page.changes.length > 1) expect(sum(sizesBytes)).toBeLessThanOrEqual(limitBytes);
    for (const change of page.changes) {
      expect(change.sequence).toBeGreaterThan(seen.at(-1)?.sequence ?? after);
      const source = change.kind === "put" ? Buffer.from(change.source).toString() : null;
      seen.push({ id: change.id, sequence: change.sequence, source });
    }
    if (page.more) {
      expect(page.changes.length).toBeGreaterThan(0);
      expect(page.upTo).toBe(page.changes.at(-1)?.sequence);
    }
    from = page.upTo;
    more = page.more;
  }
  return seen;
}

/** Everything that a follower of all shards, from the beginning, comes to know. */
export async function readIndex(log: ChangeLog, definition: IndexDefinition): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let shard = 0; shard < definition.settings.shards; shard++) {
    seen.push(...(await readShard(log, definition, { shard, after: 0, limitBytes: 1 << 20 })));
  }
  return seen.sort((a, b) => a.sequence - b.sequence);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
