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

function journalled(shard: Shard): string[] {
  const { terms } = shard.statistics(undefined, 1e6);
  const words = terms.filter((term) => term.startsWith(wordMark)).map((term) => term.slice(wordMark.length));
  return [...new Set(words)].sort();
}

describe("a shard's words", () => {
  it("are told whole and unstemmed, from memtables, segments and merged segments alike", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(batch, fc.boolean()), { maxLength: 4 }), (batches) => {
        const shard = new Shard(settings, seededRandom(1));
        const expected = new Set<string>();
        batches.forEach(([documents, asSegment], number) => {
          const analyzed = documents.map((document, i) =>
            analyze(`${number}-${i}`, new TextEncoder().encode(JSON.stringify(document))),
          );
          for (const { title, body } of documents)
            for (const word of `${title} ${body}`.split(" "))
              if (word !== "" && word !== "the") expected.add(word.toLowerCase().replace("é", "e"));
          const stage = shard.stage();
          const memtable = new Memtable(2);
          for (const document of analyzed) asSegment ? memtable.append(document) : stage.staged.put(document);
          if (asSegment) stage.staged.add(new Segment(seal(memtable, 2)));
          stage.publish(number + 1);
        });
        expect(journalled(shard)).toEqual([...expected].sort());
        const sources = shard.segments.map(({ data }) => ({ data, dead: new Uint32Array() }));
        const merged = new Segment(mergeSegments(sources)).words();
        const apart = new Set(
          shard.segments.flatMap((segment) => {
            const words = segment.words();
            return Array.from({ length: words.size }, (_, i) => words.termAt(i));
          }),
        );
        expect(new Set(Array.from({ length: merged.size }, (_, i) => merged.termAt(i)))).toEqual(apart);
      }),
      { seed: 71, numRuns: 60 },
    );
  });
});
