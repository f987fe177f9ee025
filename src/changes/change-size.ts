import type { Change } from "../protocol/change.ts";

/** What a page counts for each change beside its source, so that a million tombstones are many pages. */
const changeBytes = 64;

/** How much a change counts in a page. */
export function changeSizeBytes(change: Change): number {
  return changeBytes + change.id.length + (change.kind === "put" ? change.source.length : 0);
}
