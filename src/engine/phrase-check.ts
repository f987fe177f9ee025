import type { AnalyzedDocument } from "./document.ts";
import { startOf } from "./ends.ts";
import { fieldKey } from "./field-key.ts";
import { PhraseMatcher, type PreparedPhrase } from "./phrase.ts";
import type { SegmentData } from "./segment-data.ts";
import { gapOf, wideGap } from "./token-order.ts";
import { readVarint } from "./varint.ts";

/** Looks for a phrase in one document at a time. `tokensRead` adds up what that has cost. */
export type PhraseCheck = { holds(doc: number): boolean; readonly tokensRead: number };

/** Looks for a phrase in a segment, where its terms have the numbers `terms`. */
export function checkSegment(data: SegmentData, terms: readonly number[], phrase: PreparedPhrase): PhraseCheck {
  const { fields, lengthRows, documentLengths, order, orderEnds } = data;
  const matcher = new PhraseMatcher(phrase);
  const lastField = lastCounting(phrase.boosts);
  const place = { bytes: order, at: 0 };
  const check = {
    tokensRead: 0,
    holds(doc: number): boolean {
      place.at = startOf(orderEnds, doc);
      const row = (documentLengths[doc] ?? 0) * fields;
      for (let field = 0; field <= lastField; field++) {
        const counts = (phrase.boosts[field] ?? 0) > 0;
        const length = lengthRows[row + field] ?? 0;
        check.tokensRead += length;
        matcher.begin();
        for (let left = length; left > 0; left--) {
          const code = readVarint(place);
          const gap = code & wideGap;
          matcher.move(gap < wideGap ? gap : gapOf(readVarint(place)));
          const term = counts ? terms.indexOf(code >>> 2) : -1;
          if (term >= 0 && matcher.take(term)) return true;
        }
      }
      return false;
    },
  };
  return check;
}

/** Looks for a phrase in a memtable's documents. */
export function checkDocuments(documents: readonly AnalyzedDocument[], phrase: PreparedPhrase): PhraseCheck {
  const matcher = new PhraseMatcher(phrase);
  const keys = phrase.boosts.map((_boost, field) => phrase.terms.map(({ term }) => fieldKey(field, term)));
  const check = {
    tokensRead: 0,
    holds(doc: number): boolean {
      const document = documents[doc];
      if (document === undefined) return false;
      let at = 0;
      for (let field = 0; field < phrase.boosts.length; field++) {
        const end = at + 2 * (document.lengths[field] ?? 0);
        const places = keys[field]?.map((key) => document.keys.indexOf(key)) ?? [];
        const counts = (phrase.boosts[field] ?? 0) > 0 && !places.includes(-1);
        check.tokensRead += document.keys.length;
        if (counts && holdsWithin(document.order.subarray(at, end), places, matcher)) return true;
        at = end;
      }
      return false;
    },
  };
  return check;
}

function holdsWithin(order: Uint32Array, places: readonly number[], matcher: PhraseMatcher): boolean {
  matcher.begin();
  for (let i = 0; i < order.length; i += 2) {
    matcher.move(order[i + 1] ?? 0);
    const term = places.indexOf(order[i] ?? 0);
    if (term >= 0 && matcher.take(term)) return true;
  }
  return false;
}

function lastCounting(boosts: readonly number[]): number {
  let last = -1;
  boosts.forEach((boost, field) => {
    if (boost > 0) last = field;
  });
  return last;
}
