/**
 * A stretch of the change log: what came after `since`. Most begin with an opening of the log. One with `deletes`
 * begins where a shard's log has forgotten its deletes up to there: whoever stood before that has not heard of them.
 */
export type LogEra = { id: string; since: number; deletes?: number };

/** How far a follower has got, and the last era in which it was told so. */
export type LogPosition = { era: string; sequence: number };

/**
 * Whether a follower's position lies on a log's history (eras in their order). It does not where the log is another
 * one, or was put back to an earlier state and went on differently: what the follower holds may then never have been.
 * Nor does it where deletes that the follower has not heard of were forgotten: it may hold what is gone.
 */
export function isOnHistory({ era, sequence }: LogPosition, eras: readonly LogEra[]): boolean {
  const place = eras.findIndex(({ id }) => id === era);
  if (place < 0) return sequence === 0;
  const later = eras.slice(place + 1);
  if (later.some(({ deletes = 0 }) => sequence < deletes)) return false;
  const next = later.find(({ deletes }) => deletes === undefined);
  return sequence === 0 || next === undefined || sequence <= next.since;
}

/** The era that a log is in; empty where it tells none. */
export function currentEra(eras: readonly LogEra[]): string {
  return eras.at(-1)?.id ?? "";
}

/** An era that forgot deletes, and the opening in which it did. */
export type ForgottenDeletes = Required<LogEra> & { opening: string };

/**
 * The history of one shard: the log's openings with what each forgot right behind it. By their order, because an
 * opening may have the same `since` as what was forgotten before it and written over after it.
 */
export function withForgotten(openings: readonly LogEra[], forgotten: readonly ForgottenDeletes[]): LogEra[] {
  const behind = (opening: string | undefined): LogEra[] =>
    forgotten.filter((one) => one.opening === opening).map(({ opening: _, ...era }) => era);
  const known = new Set(openings.map(({ id }) => id));
  const earlier = forgotten.filter(({ opening }) => !known.has(opening)).map(({ opening: _, ...era }) => era);
  return [...earlier, ...openings.flatMap((era) => [era, ...behind(era.id)])];
}
