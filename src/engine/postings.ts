import type { Champions } from "./champions.ts";
import type { Holders } from "./holders.ts";

/**
 * The documents that hold a term, ascending, in [start, end) of `docs`. `codes` runs beside it; `saturation[code]` is
 * what the term is worth in that document before its weight.
 */
export type Postings = {
  docs: Uint32Array;
  codes: Uint16Array | Uint32Array;
  start: number;
  end: number;
  saturation: Float64Array;
  /** Where the term is worth most in the whole piece; absent where that is not known. */
  champions?: Champions | undefined;
  /** Which documents of the whole piece hold the term; absent where few do. */
  holders?: Holders | undefined;
};

/** A term's postings in one piece, how far they are read, and what its saturation is multiplied with. */
export type TermCursor = Postings & { weight: number };

/** The first place in [from, to) whose document is at least `doc`, found by doubling steps from `from`. */
export function seek(docs: Uint32Array, doc: number, { from, to }: { from: number; to: number }): number {
  let low = from;
  let step = 1;
  while (low + step < to && (docs[low + step] ?? 0) < doc) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, to);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((docs[middle] ?? 0) < doc) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How far it is cheaper to walk than to leap. */
const nearMax = 8;

/** The same where it is mostly near. */
export function seekNear(docs: Uint32Array, doc: number, { from, to }: { from: number; to: number }): number {
  const near = Math.min(to, from + nearMax);
  let at = from;
  while (at < near && (docs[at] ?? 0) < doc) at++;
  return at < near || at === to ? at : seek(docs, doc, { from: at, to });
}
