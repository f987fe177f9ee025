import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectByLookup } from "../../src/engine/by-lookup.ts";
import { findChampions } from "../../src/engine/champions.ts";
import { countDead } from "../../src/engine/count-dead.ts";
import { holderBytes, holderLists, holdersOf, holds, placeOf } from "../../src/engine/holders.ts";
import { type Collector, collectSimple } from "../../src/engine/kernel.ts";
import type { Postings, TermCursor } from "../../src/engine/postings.ts";
import { Tombstones } from "../../src/engine/tombstones.ts";

const documents = 400;
const saturation = Float64Array.of(0.25, 0.5, 0.5 - 2 ** -54, 0.75, 0.9, 0.1, 0.95, 0.85, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2);

type Term = { postings: Postings; weight: number };

/** A term that so many documents in a thousand hold. */
const term = (perThousand: number) =>
  fc
    .record({
      dice: fc.array(fc.nat(999), { minLength: documents, maxLength: documents }),
      codes: fc.array(fc.nat(saturation.length - 1), { minLength: documents, maxLength: documents }),
      weight: fc.double({ min: 0.2, max: 3, noNaN: true }),
    })
    .map(({ dice, codes, weight }): Term => {
      const docs = Uint32Array.from([...dice.keys()].filter((doc) => (dice[doc] ?? 0) < perThousand));
      const own = Uint16Array.from(docs, (doc) => codes[doc] ?? 0);
      return { postings: { docs, codes: own, start: 0, end: docs.length, saturation }, weight };
    });
const terms = fc.tuple(term(30), term(120), term(500));

/** What is known of terms beside their postings: the holders of the last of them, and the champions of all. */
type Knowledge = { areHeld: boolean; haveChampions: boolean };
const knowledge = fc.record({ areHeld: fc.boolean(), haveChampions: fc.boolean() });

function cursorsOf(drawn: readonly Term[], { areHeld, haveChampions }: Knowledge): TermCursor[] {
  return drawn.map(({ postings, weight }, place) => ({
    ...postings,
    weight,
    ...(areHeld && place > 0 ? { holders: holdersOf(postings, documents) } : {}),
    ...(haveChampions ? { champions: findChampions(postings) } : {}),
  }));
}

/** Every living document's score, term after term, as a plain sum. */
function scoresOf(drawn: readonly Term[], dead: readonly number[] = []): Map<number, number> {
  const scores = new Map<number, number>();
  for (const { postings, weight } of drawn) {
    postings.docs.forEach((doc, i) => {
      scores.set(doc, (scores.get(doc) ?? 0) + weight * (saturation[postings.codes[i] ?? 0] ?? 0));
    });
  }
  for (const doc of dead) scores.delete(doc);
  return scores;
}

/** Keeps what is offered, and raises its floor to the `top`th best of it. */
class Kept implements Collector {
  readonly tombstones: Tombstones | undefined;
  readonly sieve = undefined;
  readonly version = 1;
  readonly offered = new Map<number, number>();
  readonly #top: number;
  floor: number;

  constructor(floor: number, top: number, tombstones?: Tombstones) {
    this.floor = floor;
    this.tombstones = tombstones;
    this.#top = top;
  }

  offer(doc: number, score: number): void {
    if (this.offered.has(doc)) throw new Error(`${doc} was offered twice`);
    this.offered.set(doc, score);
    this.floor = Math.max(this.floor, [...this.offered.values()].sort((a, b) => b - a)[this.#top - 1] ?? 0);
  }
}

/** Everything that scores at least the last floor was offered, with its very score, and nothing with another. */
function expectAll(kept: Kept, scores: ReadonlyMap<number, number>): void {
  for (const [doc, score] of scores) if (score >= kept.floor) expect(kept.offered.get(doc)).toBe(score);
  for (const [doc, score] of kept.offered) expect(score).toBe(scores.get(doc));
}

const setting = fc.record({
  floor: fc.double({ min: 0, max: 4, noNaN: true }),
  top: fc.integer({ min: 1, max: 12 }),
  steps: fc
    .array(fc.integer({ min: 1, max: documents }), { maxLength: 4 })
    .map((list) => [...list, documents].sort((a, b) => a - b)),
});

/** The documents of a list that are dead from version 1 on. */
const deaths = fc.uniqueArray(fc.nat(documents - 1), { maxLength: documents / 2 });

function tombstonesOf(dead: readonly number[]): Tombstones {
  const tombstones = new Tombstones();
  for (const doc of dead) tombstones.kill(doc, 1);
  return tombstones;
}

describe("collecting a few terms by looking documents up", () => {
  it.each([
    ["two terms", 1],
    ["three terms", 0],
  ])("finds the best of %s, and how many hold any, in any steps", (_name, from) => {
    const idle = { never: 0, atLast: 0 };
    fc.assert(
      fc.property(terms, setting, deaths, knowledge, (drawn, { floor, top, steps }, dying, known) => {
        const dead = dying.length % 3 === 0 ? [] : dying;
        const bits = dead.length === 0 ? undefined : tombstonesOf(dead).bitsAt(1, documents);
        const asked = drawn.slice(from);
        const cursors = cursorsOf(asked, known);
        const kept = new Kept(floor, top);
        let total = 0;
        for (const limit of steps) total += collectByLookup(cursors, { limit, collector: kept, dead: bits });
        idle[(cursors.at(-1)?.weight ?? 0) < kept.floor ? "atLast" : "never"]++;
        const scores = scoresOf(asked, dead);
        expect(total).toBe(scores.size);
        expectAll(kept, scores);
      }),
      { seed: 21, numRuns: 500 },
    );
    expect(Math.min(idle.never, idle.atLast)).toBeGreaterThan(20);
  });

  it("leaves off where windows can go on, which look the last term up too", () => {
    fc.assert(
      fc.property(terms, setting, deaths, fc.boolean(), (drawn, { floor, top, steps }, dead, haveChampions) => {
        const tombstones = tombstonesOf(dead);
        const cursors = cursorsOf(drawn, { areHeld: true, haveChampions });
        const kept = new Kept(floor, top, dead.length === 0 ? undefined : tombstones);
        const bits = tombstones.bitsAt(1, documents);
        let [total, start] = [0, 0];
        for (const limit of steps) {
          total +=
            limit % 2 === 0
              ? collectSimple(cursors, { start, end: limit }, kept)
              : collectByLookup(cursors, { limit, collector: kept, dead: bits });
          start = limit;
        }
        const scores = scoresOf(drawn, dead);
        expect(total).toBe(scores.size);
        expectAll(kept, scores);
      }),
      { seed: 22, numRuns: 600 },
    );
  });

  it("counts the dead of any stretch of a term's documents, one by one or by their bits", () => {
    fc.assert(
      fc.property(terms, deaths, fc.nat(documents), fc.nat(documents), fc.boolean(), (drawn, dead, a, b, isHeld) => {
        const bits = tombstonesOf(dead).bitsAt(1, documents) ?? new Uint32Array();
        for (const { docs, ...rest } of cursorsOf(drawn, { areHeld: isHeld, haveChampions: false })) {
          const [from = 0, to = 0] = [Math.min(a, docs.length), Math.min(b, docs.length)].sort((x, y) => x - y);
          const expected = docs.subarray(from, to).filter((doc) => dead.includes(doc)).length;
          expect(countDead(bits, { docs, ...rest }, { from, to })).toBe(expected);
        }
      }),
      { seed: 23, numRuns: 300 },
    );
  });

  it("knows where each document's posting is", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(documents - 1), { minLength: 1 }), fc.nat(50), (drawn, start) => {
        const docs = Uint32Array.from([...new Array<number>(start).fill(0), ...drawn.sort((a, b) => a - b)]);
        const postings: Postings = { docs, codes: new Uint16Array(docs.length), start, end: docs.length, saturation };
        const holders = holdersOf(postings, documents);
        expect(drawn.map((doc) => placeOf(holders, doc))).toEqual(drawn.map((_doc, i) => start + i));
      }),
      { seed: 29, numRuns: 300 },
    );
  });

  it("has a bit for each document that holds it, where enough do", () => {
    const ends = Uint32Array.of(100, 163);
    const lists = holderLists(documents, ends);
    const postings = (count: number): Postings => ({
      docs: Uint32Array.from({ length: count }, (_, i) => i * 3),
      codes: new Uint16Array(count),
      start: 0,
      end: count,
      saturation,
    });
    expect(lists.of(1, postings(63))).toBeUndefined();
    expect(holderLists(1 << 14, ends).of(0, postings(100))).toBeUndefined();
    expect(holderBytes(lists, documents)).toBe(8);
    const held = lists.of(0, postings(100));
    expect(lists.of(0, postings(100))).toBe(held);
    expect(holderBytes(lists, documents)).toBe(76);
    for (let doc = 0; doc < documents; doc++) {
      expect(holds(held?.bits ?? new Uint32Array(), doc)).toBe(doc % 3 === 0 && doc < 300 ? 1 : 0);
    }
  });
});
