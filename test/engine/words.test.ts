import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAnalyzer } from "../../src/engine/analyzer.ts";
import { createDocumentAnalyzer } from "../../src/engine/document.ts";
import { Memtable } from "../../src/engine/memtable.ts";
import { mergeSegments } from "../../src/engine/merge-segments.ts";
import { seal } from "../../src/engine/seal.ts";
import { Segment } from "../../src/engine/segment.ts";
import { Shard } from "../../src/engine/shard.ts";
import { wordMark } from "../../src/protocol/statistics.ts";
import { seededRandom } from "../../src/time.ts";
import { textSettings } from "../support/text-settings.ts";

const settings = textSettings(["title", "body"], "en");
const analyze = createDocumentAnalyzer(settings, createAnalyzer(settings));
const vocabulary = ["Measuring", "measured", "wind", "Élan", "the", "winds"];
const text = fc.array(fc.constantFrom(...vocabulary), { maxLength: 4 }).map((words) => words.join(" "));
const batch = fc.array(fc.record({ title: text, body: text }), { maxLength: 4 });

/** The differences of words, summed up. */
function summed(differences: readonly { terms: readonly string[]; counts: readonly number[] }[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { terms, counts } of differences) {
    terms.forEach((term, i) => {
      if (term.startsWith(wordMark)) sums.set(term.slice(1), (sums.get(term.slice(1)) ?? 0) + (counts[i] ?? 0));
    });
  }
  return sums;
}

function wordsOf(segment: Segment): { terms: string[]; counts: number[] } {
  const { size, termAt, countAt } = segment.wordCounts();
  const numbers = Array.from({ length: size }, (_, i) => i);
  return { terms: numbers.map(termAt), counts: numbers.map(countAt) };
}

describe("a shard's words", () => {
  it("are told whole and unstemmed, and counted, from memtables, segments and merged segments alike", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(batch, fc.boolean()), { maxLength: 4 }), (batches) => {
        const shard = new Shard(settings, seededRandom(1));
        const expected = new Map<string, number>();
        batches.forEach(([documents, asSegment], number) => {
          const analyzed = documents.map((document, i) =>
            analyze(`${number}-${i}`, new TextEncoder().encode(JSON.stringify(document))),
          );
          for (const { title, body } of documents) {
            const words = `${title} ${body}`.toLowerCase().replaceAll("é", "e").split(" ");
            for (const word of new Set(words)) {
              if (word !== "" && word !== "the") expected.set(word, (expected.get(word) ?? 0) + 1);
            }
          }
          const stage = shard.stage();
          const memtable = new Memtable(2);
          for (const document of analyzed) asSegment ? memtable.append(document) : stage.staged.put(document);
          if (asSegment) stage.staged.add(new Segment(seal(memtable, 2)));
          stage.publish(number + 1);
        });
        expect(summed([shard.statistics(undefined, 1e6)])).toEqual(expected);
        const sources = shard.segments.map(({ data }) => ({ data, dead: new Uint32Array() }));
        const merged = wordsOf(new Segment(mergeSegments(sources)));
        expect(new Set(merged.terms).size).toBe(merged.terms.length);
        expect(summed([merged])).toEqual(summed(shard.segments.map(wordsOf)));
      }),
      { seed: 71, numRuns: 60 },
    );
  });
});
