/** What the choice of a merge looks at. */
export type TierSegment = { documents: number; deleted: number; sizeBytes: number };

/** How many segments of alike size become one. */
const fanIn = 6;
const tierGrowth = 4;
const smallestTier = 2_000;
const deletedShareMax = 0.3;
/** How many documents of the largest segment a quiet merge rewrites for each of the others. */
const rewrittenMax = 8;
/** Merging holds its inputs and its output at once; larger segments are left alone. */
export const mergedBytesMax = 1 << 30;

/**
 * Which segments to merge next, by their places in the list; none when the list is in good order. Size-tiered: once
 * there are six segments of about a size, they become one of the next size, so that a document is rewritten as often
 * as the logarithm of the shard's size. A segment of which much is deleted is rewritten by itself.
 */
export function chooseMerge(segments: readonly TierSegment[]): number[] | undefined {
  const tiers = new Map<number, number[]>();
  segments.forEach((segment, place) => {
    const tier = tierOf(segment);
    tiers.set(tier, [...(tiers.get(tier) ?? []), place]);
  });
  for (const [, places] of [...tiers].sort(([a], [b]) => a - b)) {
    const chosen = fitting(segments, places).slice(0, fanIn);
    if (chosen.length === fanIn) return chosen;
  }
  const wasteful = segments.findIndex(({ documents, deleted }) => deleted > documents * deletedShareMax);
  return wasteful < 0 ? undefined : [wasteful];
}

/**
 * Which segments to make one when nothing is written: a search pays for every segment anew, and there is time now. The
 * largest stay out while they are much larger than the rest, which would otherwise have them rewritten for a trifle.
 */
export function chooseQuietMerge(segments: readonly TierSegment[]): number[] | undefined {
  const chosen = fitting(
    segments,
    segments.map((_segment, place) => place),
  );
  const documentsOf = (place: number): number => segments[place]?.documents ?? 0;
  let others = chosen.reduce((sum, place) => sum + documentsOf(place), 0);
  while (chosen.length > 0) {
    const largest = documentsOf(chosen.at(-1) ?? 0);
    others -= largest;
    if (largest <= others * rewrittenMax) break;
    chosen.pop();
  }
  return chosen.length > 1 ? chosen : undefined;
}

function tierOf({ documents, deleted }: TierSegment): number {
  const living = Math.max(1, documents - deleted);
  return Math.max(0, Math.ceil(Math.log(living / smallestTier) / Math.log(tierGrowth)));
}

/** The smallest of the places whose segments together stay within what one merge may hold. */
function fitting(segments: readonly TierSegment[], places: readonly number[]): number[] {
  const sizeOf = (place: number): number => segments[place]?.sizeBytes ?? 0;
  let total = 0;
  return [...places]
    .sort((a, b) => sizeOf(a) - sizeOf(b) || a - b)
    .filter((place) => {
      total += sizeOf(place);
      return total <= mergedBytesMax;
    });
}
