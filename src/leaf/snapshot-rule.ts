/** What has been applied since the last snapshot, and when the first of it came (in the process's own clock). */
export type Unsaved = { changes: number; sizeBytes: number; sinceMs: number };

export type SnapshotRule = {
  /** This much unsaved makes a snapshot worth its writing at once... */
  changesMax: number;
  sizeBytesMax: number;
  /** ...and less is saved after this long. */
  ageMsMax: number;
  /** Never sooner after the last one: what is merged meanwhile need not be written. */
  pauseMs: number;
};

/** A start reads at most a minute's worth of the log, or fifty thousand changes a replica. */
export const snapshotRuleDefaults: SnapshotRule = {
  changesMax: 50_000,
  sizeBytesMax: 64 << 20,
  ageMsMax: 60_000,
  pauseMs: 10_000,
};

/** How long to wait before the next snapshot, or undefined where there is nothing to save. */
export function snapshotDelayMs(
  unsaved: Unsaved,
  at: { nowMs: number; lastMs: number; rule: SnapshotRule },
): number | undefined {
  if (unsaved.changes === 0) return undefined;
  const { nowMs, lastMs, rule } = at;
  const isMuch = unsaved.changes >= rule.changesMax || unsaved.sizeBytes >= rule.sizeBytesMax;
  const dueMs = isMuch ? lastMs + rule.pauseMs : Math.max(lastMs + rule.pauseMs, unsaved.sinceMs + rule.ageMsMax);
  return Math.max(0, dueMs - nowMs);
}
