import { asList, asRecord, asText } from "../../../src/command/answers.ts";
import { type JudgedQuery, readCollection } from "../../relevance/collection.ts";
import { type JudgedRanking, measure } from "../../relevance/measures.ts";
import { plainQuery } from "../../relevance/plain-query.ts";
import type { PeerKind } from "./peer.ts";
import { startPeer, type Target } from "./target.ts";

const depth = 10;

/**
 * A peer's nDCG@10 on the test collection in `directory`. Throws an error where a query fails, and soon after `signal` is
 * raised.
 */
export async function peerQuality(kind: PeerKind, directory: string, signal: AbortSignal): Promise<number> {
  const { queries } = await readCollection(directory);
  const target = await startPeer(kind, directory, signal);
  try {
    const rankings: JudgedRanking[] = [];
    for (const query of queries) {
      signal.throwIfAborted();
      rankings.push(await ask(target, query));
    }
    return measure(rankings).ndcg10;
  } finally {
    await target.stop();
  }
}

async function ask({ url, path }: Target, { text, judgments }: JudgedQuery): Promise<JudgedRanking> {
  const answer = await fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: plainQuery(text), size: depth }),
  });
  const { hits } = asRecord(await answer.json());
  if (!answer.ok || !Array.isArray(hits)) throw new Error(`the query "${text}" was answered with ${answer.status}`);
  return { ranking: asList(hits).flatMap((hit) => asText(asRecord(hit).id) ?? []), judgments };
}
