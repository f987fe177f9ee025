import { grown } from "./grown.ts";
import { newUint8, newUint32 } from "./shared-arrays.ts";
import { readVarint, type VarintPlace, varintSize, writeVarint } from "./varint.ts";

/**
 * The order of a text's tokens: pairs of a token's number and the gap before it, which is how many words (stop words)
 * stand between it and the one before. A field's first token has none; a list's next item begins after an `itemGap`.
 */
export type TokenOrder = Uint32Array;

/** Wider than any phrase, so that none reaches from one item of a list into the next. */
export const itemGap = 1 << 20;

/** A gap of at least this many words takes a varint of its own. */
export const wideGap = 3;

/** The order of many documents' tokens, one after another; `ends` are places in `pairs`. */
export type TokenOrders = { pairs: TokenOrder; ends: Uint32Array };

/** Numbers that stand behind documents' tokens; `ends` are places in `numbers`. */
export type TrailingNumbers = { numbers: Uint32Array; ends: Uint32Array };

/** The same in a segment, as varints; `orderEnds` are places in `order`. */
export type PackedOrders = { order: Uint8Array; orderEnds: Uint32Array };

/**
 * Packs the order of documents' tokens, whose numbers are given anew: two bytes for most tokens, as most gaps are short
 * and most tokens are of a few thousand terms.
 */
export function packOrders(
  { pairs, ends }: TokenOrders,
  newNumbers: Uint32Array,
  trailing: TrailingNumbers,
): PackedOrders {
  const orderEnds = newUint32(ends.length);
  let sizeBytes = 0;
  let at = 0;
  let next = 0;
  ends.forEach((end, doc) => {
    for (; at < end; at += 2) sizeBytes += pairSize(newNumbers[pairs[at] ?? 0] ?? 0, pairs[at + 1] ?? 0);
    for (const last = trailing.ends[doc] ?? 0; next < last; next++)
      sizeBytes += varintSize(trailing.numbers[next] ?? 0);
    orderEnds[doc] = sizeBytes;
  });
  const place = { bytes: newUint8(sizeBytes), at: 0 };
  at = 0;
  next = 0;
  ends.forEach((end, doc) => {
    for (; at < end; at += 2) writePair(place, newNumbers[pairs[at] ?? 0] ?? 0, pairs[at + 1] ?? 0);
    for (const last = trailing.ends[doc] ?? 0; next < last; next++) writeVarint(place, trailing.numbers[next] ?? 0);
  });
  return { order: place.bytes, orderEnds };
}

/** Reads a number of pairs. */
export function readPairs(place: VarintPlace, count: number, take: (number: number, gap: number) => void): void {
  for (let left = count; left > 0; left--) {
    const code = readVarint(place);
    const gap = code & wideGap;
    take(code >>> 2, gap < wideGap ? gap : gapOf(readVarint(place)));
  }
}

/** How many bytes one pair takes. */
function pairSize(number: number, gap: number): number {
  return varintSize(number * 4 + Math.min(gap, wideGap)) + (gap < wideGap ? 0 : varintSize(wideCode(gap)));
}

function writePair(place: VarintPlace, number: number, gap: number): void {
  writeVarint(place, number * 4 + Math.min(gap, wideGap));
  if (gap >= wideGap) writeVarint(place, wideCode(gap));
}

/** The gap between two items is written as 0, since it is the most frequent of the wide ones. */
function wideCode(gap: number): number {
  return gap >= itemGap ? 0 : gap;
}

/** The gap that a wide code stands for. */
export function gapOf(code: number): number {
  return code === 0 ? itemGap : code;
}

/** Collects pairs in order. */
export class TokenOrderBuilder {
  #pairs = new Uint32Array(64);
  #size = 0;

  /** How many numbers have been added. */
  get size(): number {
    return this.#size;
  }

  add(number: number, gap: number): void {
    if (this.#size + 2 > this.#pairs.length) this.#pairs = grown(this.#pairs, this.#size + 2);
    this.#pairs[this.#size] = number;
    this.#pairs[this.#size + 1] = gap;
    this.#size += 2;
  }

  /** A copy of what was added since the last time; the builder is empty then. */
  take(): TokenOrder {
    const taken = this.#pairs.slice(0, this.#size);
    this.#size = 0;
    return taken;
  }
}
