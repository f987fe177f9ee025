import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  championBytes,
  championLists,
  championsMax,
  findChampions,
  holdsBest,
  leastKept,
  livingChampions,
} from "../../src/engine/champions.ts";
import type { Postings } from "../../src/engine/postings.ts";
import { Tombstones } from "../../src/engine/tombstones.ts";

/** Postings whose saturations are drawn from few values, so that many documents tie, and some all but tie. */
const arbitraryPostings = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 9 }), code: fc.nat(7) }), { minLength: 16, maxLength: 200 })
  .map((drawn): Postings => {
    let doc = -1;
    const docs = Uint32Array.from(drawn, ({ gap }) => {
      doc += gap;
      return doc;
    });
    const saturation = Float64Array.of(0.25, 0.5, 0.5 - 2 ** -54, 0.5 - 2 ** -53, 0.75, 0.75 - 2 ** -53, 0.9, 0.1);
    return { docs, codes: Uint16Array.from(drawn, ({ code }) => code), start: 0, end: drawn.length, saturation };
  });

type Scored = { doc: number; score: number };

function ranked({ docs, codes, saturation }: Postings, weight: number): Scored[] {
  return Array.from(docs, (doc, i) => ({ doc, score: weight * (saturation[codes[i] ?? 0] ?? 0) })).sort(
    (a, b) => b.score - a.score || a.doc - b.doc,
  );
}

describe("champion lists", () => {
  it("are the best documents by what the term is worth, and what is below them", () => {
    fc.assert(
      fc.property(arbitraryPostings, (postings) => {
        const { docs, saturations, below } = findChampions(postings);
        const all = ranked(postings, 1);
        const best = all.slice(0, championsMax);
        expect([...docs].map((doc, i) => ({ doc, score: saturations[i] }))).toEqual(best);
        const last = best.at(-1)?.score ?? 0;
        expect(below).toBe(all.find(({ score }) => score < last)?.score ?? 0);
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it("stand for all postings only where the page would be the same, also when scores that differ become equal", () => {
    let stood = 0;
    let refused = 0;
    let shortened = 0;
    fc.assert(
      fc.property(
        arbitraryPostings,
        fc.double({ min: 0.1, max: 12, noNaN: true }),
        fc.integer({ min: 1, max: championsMax }),
        fc.array(fc.nat(199), { maxLength: 40 }),
        (postings, weight, top, dying) => {
          const dead = new Tombstones();
          for (const place of dying) dead.kill(postings.docs[place % postings.end] ?? 0, 1);
          const champions = livingChampions(findChampions(postings), dead.bitsAt(1, 200 * 9) ?? new Uint32Array());
          const page = ranked(postings, weight)
            .filter(({ doc }) => !dead.isDead(doc, 1))
            .slice(0, top);
          if (champions.docs.length < Math.min(championsMax, postings.end)) shortened++;
          expect(leastKept(champions, weight, top)).toBeLessThanOrEqual(page.at(-1)?.score ?? 0);
          if (!holdsBest(champions, weight, top)) {
            refused++;
            return;
          }
          stood++;
          const offered = Array.from(champions.docs, (doc, i) => ({
            doc,
            score: weight * (champions.saturations[i] ?? 0),
          }));
          offered.sort((a, b) => b.score - a.score || a.doc - b.doc);
          expect(offered.slice(0, top)).toEqual(page);
        },
      ),
      { seed: 12, numRuns: 2000 },
    );
    expect(stood).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(20);
    expect(shortened).toBeGreaterThan(200);
  });

  it("are made once for a term, and not for one that few or very many documents hold", () => {
    const lists = championLists(Uint32Array.of(1 << 18, (1 << 18) + 64, (1 << 18) + 127));
    const postingsOf = (count: number): Postings => ({
      docs: Uint32Array.from({ length: count }, (_, i) => i),
      codes: new Uint16Array(count),
      start: 0,
      end: count,
      saturation: Float64Array.of(0.5),
    });
    expect(lists.of(2, postingsOf(63))).toBeUndefined();
    expect(lists.of(0, postingsOf((1 << 17) + 1))).toBeUndefined();
    expect([0, 1, 2].map((term) => lists.has(term))).toEqual([false, false, false]);
    const emptyBytes = championBytes(lists);
    expect(lists.of(1, postingsOf(64))).toBe(lists.of(1, postingsOf(64)));
    expect([0, 1, 2].map((term) => lists.has(term))).toEqual([false, true, false]);
    expect(championBytes(lists)).toBeGreaterThan(emptyBytes);
  });
});
