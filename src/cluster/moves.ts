/** A shard's replica on a leaf, as one root sees it: whether a search could be sent to it now. */
export type Holding = { leaf: string; serving: boolean };

export type ShardSituation = {
  /** Where placement wants the shard's replicas. */
  placed: readonly string[];
  /** Where they are, wanted there or not. */
  held: readonly Holding[];
  /** Whether a leaf belongs to the cluster; one that does not is gone, and so is what it held. */
  isMember: (leaf: string) => boolean;
};

/** What a root is to do about a shard: on which leaves to open a replica, and which to let go. */
export type ShardMoves = { open: string[]; drop: string[] };

/**
 * One step from where a shard's replicas are to where they are wanted. New ones are opened at once. One that is not
 * wanted any more stays, and serves, until all that are wanted do: a move never takes away what searches rest on, and
 * while a leaf is away for a moment nothing is given up that could stand in for it. Only what a leaf held that is gone
 * is let go at once. Asked again whenever something has changed, it comes to rest where placement wants it.
 */
export function decideMoves({ placed, held, isMember }: ShardSituation): ShardMoves {
  const wanted = new Set(placed);
  const servingLeaves = new Set(held.filter(({ serving }) => serving).map(({ leaf }) => leaf));
  const known = new Set(held.map(({ leaf }) => leaf));
  const settled = placed.length > 0 && placed.every((leaf) => servingLeaves.has(leaf));
  return {
    open: placed.filter((leaf) => !known.has(leaf)),
    drop: held.flatMap(({ leaf }) => (!wanted.has(leaf) && (settled || !isMember(leaf)) ? [leaf] : [])),
  };
}
