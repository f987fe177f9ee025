import type { ShardResult } from "../../src/engine/shard-search.ts";
import { sharedCopy } from "../../src/engine/shared-arrays.ts";
import type { HeldReplica, OpenReplica } from "../../src/leaf/replicas.ts";
import type { RunningSearch } from "../../src/leaf/search.ts";
import { decodeChanges } from "../../src/protocol/batch.ts";
import { wholeSlice } from "../../src/protocol/bytes.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { writePlan } from "../../src/protocol/plan-payload.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";

export const demoDefinition: IndexDefinition = {
  index: "demo",
  incarnation: 7,
  settings: {
    fields: { title: { type: "text" } },
    shards: 2,
    replicas: 1,
    placementSalt: 0,
    language: "en",
    bm25: { k1: 0.9, b: 0.4 },
  },
};

/** A plan for the demo index. Its epoch tells a fake replica how to behave: `endless` searches never end by themselves. */
export function demoPlan(behaviour: "quick" | "endless" | "crash" = "quick"): Plan {
  const { index, incarnation, settings } = demoDefinition;
  return {
    index,
    incarnation,
    epoch: behaviour,
    bm25: settings.bm25,
    fieldBoosts: [1],
    averageLengths: [1],
    clauses: [],
    matchAtLeast: 0,
    top: 10,
  };
}

export function planBytes(plan: Plan): Buffer {
  return writePlan(plan);
}

/** Replicas that keep documents in a list and find all of them, large ones in memory that threads share. */
export function fakeReplicas(): { open: OpenReplica; closed: string[] } {
  const closed: string[] = [];
  const open: OpenReplica = async (definition, shard): Promise<HeldReplica> => {
    const sources = new Map<string, Uint8Array>();
    let sequence = 0;
    return {
      get sequence() {
        return sequence;
      },
      prepare: (plan) => running(plan, { sources, sequence }),
      async apply(batch, upTo) {
        for (const change of decodeChanges(batch))
          if (change.kind === "put") sources.set(change.id, sharedCopy(change.source));
        sequence = Math.max(sequence, upTo);
        return sequence;
      },
      statistics: () => ({
        cursor: { journal: "j", version: 1 },
        reset: true,
        more: false,
        sequence,
        documents: sources.size,
        lengths: [sources.size],
        terms: ["fear"],
        counts: [sources.size],
        limits: [0],
        limitRows: [[1, 1]],
      }),
      status: () => ({
        sequence,
        documents: sources.size,
        deleted: 0,
        segments: 0,
        memtableDocuments: sources.size,
        sizeBytes: 0,
      }),
      follow: () => true,
      close: async () => undefined,
      drop: async () => void closed.push(`${definition.index}/${definition.incarnation}/${shard}`),
    };
  };
  return { open, closed };
}

function running(plan: Plan, at: { sources: ReadonlyMap<string, Uint8Array>; sequence: number }): RunningSearch {
  if (plan.epoch === "crash") throw new Error("a search fell over");
  const endless = plan.epoch === "endless";
  return {
    step(shouldPause) {
      while (endless) if (shouldPause()) return false;
      return true;
    },
    stop: () => undefined,
    finish: (): ShardResult => ({
      outcome: endless ? "truncated" : "complete",
      documents: endless ? 0 : at.sources.size,
      documentsTotal: at.sources.size,
      sequence: at.sequence,
      total: at.sources.size,
      totalExact: !endless,
      hits: [...at.sources.keys()].map((id) => ({ id, score: 1 })),
      sources: [...at.sources.values()].map(wholeSlice),
    }),
    postings: 0,
    detailLetters: undefined,
  };
}
