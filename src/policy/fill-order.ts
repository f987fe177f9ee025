/** How far a replica has come with a shard's part of the log. */
export type Filling = {
  /** All of the shard's changes up to here are in it. */
  sequence: number;
  /** All of them up to here have been sent to it. */
  sentSequence: number;
  /** Whether searches are sent to it. */
  serving: boolean;
  /** Whether more is known to wait for it than one page of the log takes. */
  hasBacklog: boolean;
};

/** A shard's part of the log: when its index was created, and the last change that is known of. */
export type ShardSpan = { createdSequence: number; appendedSequence: number };

/** One that stands back serves again once it lacks no more than this of what it holds. */
const lackedShareMax = 1 / 8;
/** How many changes a sibling may be ahead of one that waits for it: a load without end must not leave a shard on one leaf. */
const leadMax = 250_000;

/**
 * The sibling that a replica is filled after: one that serves and has been sent more, the most of them. Where they stand
 * alike, who comes first in the list goes first.
 */
export function leaderOf<Replica extends Filling>(own: Replica, replicas: readonly Replica[]): Replica | undefined {
  const place = replicas.indexOf(own);
  let leader: Replica | undefined;
  replicas.forEach((other, i) => {
    if (other === own || !other.serving) return;
    if (other.sentSequence < own.sentSequence || (other.sentSequence === own.sentSequence && i > place)) return;
    if (leader === undefined || other.sentSequence > leader.sentSequence) leader = other;
  });
  return leader;
}

/**
 * Whether a replica leaves a shard's searches to its leader: a large load has begun, and of all that the shard holds by
 * now it lacks more than it has. So documents can be found as soon as one replica has them, and do not come and go from
 * one answer to the next. Once it does it stays so, even where the leader is lost, until it has most of them: better a
 * shard that is known to be missing than an answer that calls itself complete without them. `before`: whether it does
 * already.
 */
export function standsBack(
  own: Pick<Filling, "sequence"> & { before: boolean },
  leader: Filling | undefined,
  span: ShardSpan,
): boolean {
  const held = own.sequence - span.createdSequence;
  const lacked = span.appendedSequence - own.sequence;
  if (own.before) return lacked > held * lackedShareMax;
  return leader?.hasBacklog === true && lacked > held;
}

/** Whether one that stands back also waits with what it lacks, so that its leader has the machine's time. */
export function waitsFor(leader: Filling, own: Filling): boolean {
  return leader.hasBacklog && leader.sentSequence - own.sentSequence < leadMax;
}
