import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coverageOf } from "../../src/policy/coverage.ts";
import { policyDefaults } from "../../src/policy/settings.ts";
import { ShardHealth } from "../../src/policy/shard.ts";
import {
  type DocumentsHeard,
  documentsAtMost,
  type ShardHeard,
  tellsOfAll,
  weighShards,
} from "../../src/root/known-documents.ts";

const shardsMax = 4;

/** A log of one index among others: who was written to in turn, a delete or not; -1 is another index. */
const script = fc.record({
  shards: fc.integer({ min: 1, max: shardsMax }),
  before: fc.nat(5),
  writes: fc.array(
    fc.record({ shard: fc.integer({ min: -1, max: shardsMax - 1 }), id: fc.nat(9), isDelete: fc.boolean() }),
    { maxLength: 60 },
  ),
  /** Up to where each shard's statistics have come, as a share of the log; none: nothing was heard of it. */
  heard: fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 2 }), {
    minLength: shardsMax,
    maxLength: shardsMax,
  }),
  /** Whether this root has seen each shard's writes, or started after them. */
  saw: fc.boolean(),
});
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

type Shard = { documents: Set<number>; lastSequence: number };

/** The shards after a part of the log. */
function played({ shards, before, writes }: Script, count: number): Shard[] {
  const played = Array.from({ length: shards }, () => ({ documents: new Set<number>(), lastSequence: 0 }));
  writes.slice(0, count).forEach(({ shard, id, isDelete }, i) => {
    const written = played[shard];
    if (written === undefined) return;
    if (isDelete) written.documents.delete(id);
    else written.documents.add(id);
    written.lastSequence = before + i + 1;
  });
  return played;
}

/** What an honest root knows; at least one shard can be asked, whose feed has read the log to its end. */
function heardOf(story: Script): DocumentsHeard<ShardHeard & { health: ShardHealth }> {
  const { shards, before, writes, heard, saw } = story;
  const head = before + writes.length;
  const now = played(story, writes.length);
  const states = Array.from({ length: shards }, (_, shard) => {
    const share = heard[shard] ?? undefined;
    const told = played(story, Math.floor((share ?? 0) * writes.length))[shard];
    const documents = share === undefined ? 0 : (told?.documents.size ?? 0);
    return { isKnown: share !== undefined, documents, sequence: share === undefined ? 0 : (told?.lastSequence ?? 0) };
  });
  return {
    definition: { incarnation: before },
    statistics: {
      cursor: (shard) => (states[shard]?.isKnown === true ? { journal: "a", version: 1 } : undefined),
      isKnown: (shard) => states[shard]?.isKnown === true,
      shard: (shard) => ({ documents: 0, sequence: 0, lengths: [], ...states[shard] }),
    },
    shards: states.map(({ isKnown, sequence }, shard) => ({
      health: new ShardHealth([], 0, policyDefaults.hedge),
      appendedSequence: saw ? (now[shard]?.lastSequence ?? 0) : 0,
      feeds: [
        { state: "unreachable", sequence: 0, appliedSequence: 0, hasCaughtUp: isKnown && (saw || isWhole(now, shard)) },
        { state: "unreachable", sequence: shard === 0 ? head : 0, appliedSequence: sequence, hasCaughtUp: false },
      ],
    })),
  };

  /** A replica that has read all of the log had all of the shard. */
  function isWhole(all: readonly Shard[], shard: number): boolean {
    return all[shard]?.lastSequence === states[shard]?.sequence;
  }
}

describe("what is known of shards that are missing", () => {
  test("bounds their documents from above, and is nothing only where they are known to be empty", () => {
    let [bounded, empty] = [0, 0];
    fc.assert(
      fc.property(script, fc.subarray([0, 1, 2, 3]), (story, picked) => {
        const index = heardOf(story);
        const missing = picked.filter((shard) => shard < story.shards);
        const now = played(story, story.writes.length);
        const real = missing.reduce((sum, shard) => sum + (now[shard]?.documents.size ?? 0), 0);
        const most = documentsAtMost(index, missing);
        expect(most).toBeGreaterThanOrEqual(real);
        expect(most).toBeLessThanOrEqual(Math.max(1, story.writes.length) + real);
        const isEmpty = missing.every((shard) => tellsOfAll(index, shard) && now[shard]?.documents.size === 0);
        expect(most === 0).toBe(isEmpty);
        if (isEmpty) empty++;
        else bounded++;
      }),
      { seed: 61, numRuns: 4000 },
    );
    expect(Math.min(bounded, empty)).toBeGreaterThan(300);
  });

  test("never lets an index count as covered while one of them may hold something", () => {
    fc.assert(
      fc.property(script, fc.subarray([0, 1, 2, 3]), (story, picked) => {
        const index = heardOf(story);
        const now = played(story, story.writes.length);
        weighShards(index);
        const shares = index.shards.map(({ health }, shard) => {
          const size = now[shard]?.documents.size ?? 0;
          return picked.includes(shard)
            ? { documents: 0, documentsTotal: health.documents, totalCertain: health.documentsCertain }
            : { documents: size, documentsTotal: size, totalCertain: true };
        });
        const mayHold = picked.some(
          (shard) => shard < story.shards && !(tellsOfAll(index, shard) && now[shard]?.documents.size === 0),
        );
        expect(coverageOf(shares) < 1).toBe(mayHold);
      }),
      { seed: 62, numRuns: 4000 },
    );
  });
});
