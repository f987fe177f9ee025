import { sleep } from "../time.ts";
import { asList, asNumber, asRecord } from "./answers.ts";
import type { ImportTarget } from "./bulk-import.ts";
import { indexPath } from "./index-path.ts";

const budgetMs = 2_000;
const pauseMs = 100;
const searchesMax = 100;
const looksMax = 2_000;

/**
 * Waits until every shard of the index can be searched, by what /readyz says: a search that comes too soon is a failed
 * one, which the service logs. False when that takes longer than a few minutes.
 */
export async function waitUntilReady({ client, index, timers }: ImportTarget): Promise<boolean> {
  for (let looks = 0; looks < looksMax; looks++) {
    const { status, body } = await client.request("/readyz");
    const { status: said, shards } = asRecord(body);
    if (status === 200) return true;
    if (said === "not ready" && !asList(shards).some((shard) => asRecord(shard).index === index)) return true;
    await sleep(pauseMs, timers);
  }
  return false;
}

/**
 * Waits until no replica of the index is still being filled: until then, losing a leaf may lose a shard. False when that
 * takes longer than a few minutes, or the key may not see it.
 */
export async function waitUntilFilled({ client, index, timers }: ImportTarget): Promise<boolean> {
  for (let looks = 0; looks < looksMax; looks++) {
    const { status, body } = await client.request("/v1/cluster");
    if (status === 401 || status === 403) return false;
    const shards = asList(asRecord(body).indexes)
      .map(asRecord)
      .filter((one) => one.index === index)
      .flatMap(shardsOf);
    const states = shards.flatMap((shard) => asList(shard.replicas).map((replica) => asRecord(replica).state));
    if (status === 200 && !states.includes("catching-up")) return true;
    await sleep(pauseMs, timers);
  }
  return false;
}

function shardsOf(index: Record<string, unknown>): Record<string, unknown>[] {
  return asList(index.shards).map(asRecord);
}

/** How many documents the index holds; undefined where not all of its shards say. */
export async function countDocuments({ client, index }: ImportTarget): Promise<number | undefined> {
  const json = { size: 0, budgetMs, cache: false };
  const { body } = await client.request(`${indexPath(index)}/search`, { method: "POST", json });
  const { complete, total } = asRecord(body);
  return complete === true ? asNumber(asRecord(total).value) : undefined;
}

/**
 * Waits until the write with that token can be found: a search that reads it completes, and every shard's answer says
 * that it had heard of it. Without a token, until any search completes. False when that takes longer than a few
 * minutes; a cluster that is still catching up is no failure.
 */
export async function waitUntilSearchable(target: ImportTarget, token: string | undefined): Promise<boolean> {
  const path = `${indexPath(target.index)}/search`;
  const json = { size: 0, budgetMs, cache: false, ...(token === undefined ? {} : { after: token }) };
  for (let searches = 0; searches < searchesMax; searches++) {
    const { status, body } = await target.client.request(path, { method: "POST", json });
    if (status === 200 && hasHeardOf(body, Number(token ?? 0))) return true;
    await sleep(pauseMs, target.timers);
  }
  return false;
}

/** A search that gives up on waiting still answers from what is there; only the sequences tell. */
function hasHeardOf(answer: unknown, sequence: number): boolean {
  const { complete, shards } = asRecord(answer);
  return complete === true && asList(shards).every((shard) => (asNumber(asRecord(shard).sequence) ?? -1) >= sequence);
}
