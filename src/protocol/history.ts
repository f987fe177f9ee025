/** A stretch of the change log written by one opening of it: what came after `since`. */
export type LogEra = { id: string; since: number };

/** How far a follower has got, and the last era in which it was told so. */
export type LogPosition = { era: string; sequence: number };

/**
 * Whether a follower's position lies on a log's history (eras in their order). It does not where the log is another
 * one, or was put back to an earlier state and went on differently: what the follower holds may then never have been.
 */
export function isOnHistory({ era, sequence }: LogPosition, eras: readonly LogEra[]): boolean {
  if (sequence === 0) return true;
  const place = eras.findIndex(({ id }) => id === era);
  if (place < 0) return false;
  const next = eras[place + 1];
  return next === undefined || sequence <= next.since;
}

/** The era that a log is in; empty where it tells none. */
export function currentEra(eras: readonly LogEra[]): string {
  return eras.at(-1)?.id ?? "";
}
