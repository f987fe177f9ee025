import { demoDocumentCount } from "../../../data/corpus.ts";

export const parts = ["shards", "documents", "replicas", "roots"] as const;
export type Part = (typeof parts)[number];

/** How much each part does. `counts` are the values that it goes through; everything else stands still. */
export type Sizes = {
  leaves: number;
  connections: number;
  /** What goes before a layout's first round and counts nothing. */
  warmUpMs: number;
  rounds: number;
  roundMs: number;
  /** See `untilCalm`. */
  calmWindowMs: number;
  shards: { counts: readonly number[]; documents: number };
  documents: { counts: readonly number[]; shards: number };
  replicas: { counts: readonly number[]; shards: number; documents: number };
  roots: { counts: readonly number[]; shards: number; documents: number };
};

const shards = 4;
const documentSteps = [10_000, 30_000, 100_000, 300_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000];
export const usualDocumentsMax = 1_000_000;

/** What the figures are taken with; up to a million documents it takes eight minutes on two cores. */
export function fullSizes(documentsMax: number): Sizes {
  return {
    leaves: 4,
    connections: 32,
    warmUpMs: 2_000,
    rounds: 2,
    roundMs: 4_000,
    calmWindowMs: 2_000,
    shards: { counts: [1, 2, 4, 8, 16], documents: demoDocumentCount },
    documents: { counts: [...documentSteps.filter((step) => step < documentsMax), documentsMax], shards },
    replicas: { counts: [1, 2, 3], shards, documents: demoDocumentCount },
    // Small shards: it is the root that is to be busy here, not the leaves.
    roots: { counts: [1, 2, 3], shards, documents: 30_000 },
  };
}

/** The least with which every part does all that it does: its figures say nothing. */
export const quickSizes: Sizes = {
  leaves: 2,
  connections: 4,
  warmUpMs: 1_000,
  rounds: 1,
  roundMs: 1_000,
  calmWindowMs: 300,
  shards: { counts: [1, 2], documents: 400 },
  documents: { counts: [200, 500], shards: 2 },
  replicas: { counts: [1, 2], shards: 2, documents: 400 },
  roots: { counts: [1, 2], shards: 2, documents: 400 },
};
