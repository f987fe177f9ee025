import { expect, it } from "vitest";
import { lookupKey } from "../../src/engine/dictionary.ts";
import { mergeSegments } from "../../src/engine/merge-segments.ts";
import { Segment } from "../../src/engine/segment.ts";
import { Shard } from "../../src/engine/shard.ts";
import { wordMark } from "../../src/protocol/statistics.ts";
import { seededRandom } from "../../src/time.ts";
import { analyzedBody, sealedBodies, bodySettings as settings } from "../support/bodies.ts";

const documents = 300;
const wordsPerDocument = 8;

function idOf(i: number): string {
  return String(i).padStart(4, "0");
}

/** In round r, document i holds its own words of that round, and one that all share. */
function wordsOf(i: number, round: number): string[] {
  return ["bee", ...Array.from({ length: wordsPerDocument }, (_, n) => `w${i}x${(round + n) % 10}`)];
}

function segmentOf(round: number): Segment {
  const bodies = Array.from({ length: documents }, (_, i) => ({ id: idOf(i), body: wordsOf(i, round).join(" ") }));
  return new Segment(sealedBodies(bodies));
}

function frequencies(shard: Shard): Map<string, number> {
  const { terms, counts } = shard.statistics(undefined, Number.MAX_SAFE_INTEGER);
  const sums = new Map<string, number>();
  terms.forEach((term, i) => void sums.set(term, (sums.get(term) ?? 0) + (counts[i] ?? 0)));
  return new Map([...sums].filter(([, sum]) => sum !== 0));
}

/** As it must be after a round. The words that terms were are journalled beside them: here each is its own term. */
function expected(round: number): Map<string, number> {
  const sums = new Map<string, number>();
  for (let i = 0; i < documents; i++) {
    for (const word of wordsOf(i, round)) {
      for (const term of [word, wordMark + word]) sums.set(term, (sums.get(term) ?? 0) + 1);
    }
  }
  return sums;
}

it("a journal that has piled up is started over with the same sums, a few documents at a time", () => {
  const shard = new Shard(settings, seededRandom(3));
  const rounds = 12;
  for (let round = 1; round <= rounds; round++) {
    const stage = shard.stage();
    for (let i = 0; i < documents; i++) stage.staged.supersede(lookupKey(idOf(i)));
    stage.staged.add(segmentOf(round));
    stage.publish(round);
  }
  // One document dies in the memtable.
  for (const round of [rounds + 5, rounds]) {
    const stage = shard.stage();
    stage.staged.put(analyzedBody({ id: idOf(0), body: wordsOf(0, round).join(" ") }));
    stage.publish(2 * rounds + round);
  }
  const { cursor } = shard.statistics(undefined, 1);
  expect(frequencies(shard)).toEqual(expected(rounds));
  const [, ...gone] = shard.segments.filter(({ tombstones }) => tombstones.count === documents);
  expect(gone.length).toBe(rounds - 2);
  const everyDocument = Uint32Array.from({ length: documents }, (_, doc) => doc);
  shard.replace(gone, new Segment(mergeSegments(gone.map(({ data }) => ({ data, dead: everyDocument })))));
  const steps = [...shard.shortenJournal()].length;
  expect(steps).toBeGreaterThanOrEqual(documents / 8);
  expect(shard.statistics(cursor, 1).reset).toBe(true);
  expect(frequencies(shard)).toEqual(expected(rounds));
  expect([...shard.shortenJournal()]).toEqual([]);
});
