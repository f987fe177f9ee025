import { createAnalyzer } from "../../src/engine/analyzer.ts";
import type { ColumnKind } from "../../src/engine/column-data.ts";
import { type AnalyzedDocument, createDocumentAnalyzer } from "../../src/engine/document.ts";
import { Memtable } from "../../src/engine/memtable.ts";
import { seal } from "../../src/engine/seal.ts";
import type { SegmentData } from "../../src/engine/segment-data.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { textSettings } from "./text-settings.ts";

/** Of an index whose documents have one text field, "body". */
export const bodySettings = textSettings(["body"], "simple");

const analyze = createDocumentAnalyzer(bodySettings, createAnalyzer(bodySettings));

export type Body = { id: string; body: string };

export function analyzedBody({ id, body }: Body): AnalyzedDocument {
  return analyze(id, new TextEncoder().encode(JSON.stringify({ body })));
}

export function sealedBodies(bodies: readonly Body[], columnKinds: readonly ColumnKind[] = []): SegmentData {
  const memtable = new Memtable(1, columnKinds);
  for (const body of bodies) memtable.append(analyzedBody(body));
  return seal(memtable, 1);
}

/** A plan for documents that hold any of some words, each worth as much as the other. */
export function bodyPlan(words: readonly string[], top: number): Plan {
  return {
    index: "demo",
    incarnation: 1,
    epoch: "e",
    bm25: bodySettings.bm25,
    fieldBoosts: [1],
    averageLengths: [2],
    clauses: words.map((term) => ({ occur: "optional", terms: [{ term, weight: 1 }] })),
    matchAtLeast: 1,
    top,
  };
}
