import type { Hit } from "../protocol/hit.ts";
import type { ShardReply } from "../protocol/link.ts";

/** What one shard sent: the head, and its hits' documents one after another. */
export type ShardAnswer = { shard: number; reply: ShardReply; documents: Uint8Array };

/** A hit of the merged page. `source` is the document as raw JSON; empty where no fields were asked for. */
export type MergedHit = { hit: Hit; shard: number; source: Uint8Array; settled: boolean };

export type MergeRequest = {
  from: number;
  size: number;
  /** The order of the page; every shard's hits come in it. */
  compare: (a: Hit, b: Hit) => number;
  /** Whether nothing that is missing can change this hit or its rank, given that all before it are settled. */
  isSettled: (hit: Hit, answer: ShardAnswer) => boolean;
};

/**
 * Merges the shards' ranked hits into one page. Shards hold disjoint documents, so the best `from + size` of the index
 * are among the best `from + size` of each shard. A hit is settled only when all that rank above it are.
 */
export function mergeHits(answers: readonly ShardAnswer[], request: MergeRequest): MergedHit[] {
  const heads = answers.map(() => 0);
  const offsets = answers.map(() => 0);
  const page: MergedHit[] = [];
  let settled = true;
  for (let rank = 0; rank < request.from + request.size; rank++) {
    const best = bestHead(answers, heads, request.compare);
    if (best === undefined) break;
    const { position, answer, hit } = best;
    const taken = heads[position] ?? 0;
    const start = offsets[position] ?? 0;
    const end = start + (answer.reply.documentSizesBytes[taken] ?? 0);
    heads[position] = taken + 1;
    offsets[position] = end;
    settled &&= request.isSettled(hit, answer);
    if (rank >= request.from)
      page.push({ hit, shard: answer.shard, source: answer.documents.subarray(start, end), settled });
  }
  return page;
}

type Head = { position: number; answer: ShardAnswer; hit: Hit };

function bestHead(
  answers: readonly ShardAnswer[],
  heads: readonly number[],
  compare: (a: Hit, b: Hit) => number,
): Head | undefined {
  let best: Head | undefined;
  for (let position = 0; position < answers.length; position++) {
    const answer = answers[position];
    const hit = answer?.reply.hits[heads[position] ?? 0];
    if (answer === undefined || hit === undefined) continue;
    if (best === undefined || compare(hit, best.hit) < 0) best = { position, answer, hit };
  }
  return best;
}
