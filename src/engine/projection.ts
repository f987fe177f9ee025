import { sliceText, wholeSlice } from "../protocol/bytes.ts";
import type { DocumentSlice } from "../protocol/link.ts";

/** A document's JSON with only the fields named, in the document's order; all of it where none are named. */
export function project(source: DocumentSlice, returned: readonly string[] | undefined): DocumentSlice {
  if (returned === undefined) return source;
  const document: Record<string, unknown> = JSON.parse(sliceText(source));
  const kept = Object.entries(document).filter(([name]) => returned.includes(name));
  return wholeSlice(Buffer.from(JSON.stringify(Object.fromEntries(kept))));
}
