import { sleep } from "../time.ts";
import { asRecord } from "./answers.ts";
import type { ImportTarget } from "./bulk-import.ts";

const budgetMs = 2_000;
const pauseMs = 100;
const searchesMax = 60;

/**
 * Waits until the write with that token can be found wherever it may be asked for: a search that reads it completes,
 * within its budget, on every shard. False when it does not within about two minutes; a cluster that is still catching
 * up is no failure.
 */
export async function waitUntilSearchable(target: ImportTarget, token: string | undefined): Promise<boolean> {
  if (token === undefined) return true;
  const path = `/v1/indexes/${encodeURIComponent(target.index)}/search`;
  const json = { size: 0, after: token, budgetMs, cache: false };
  for (let searches = 0; searches < searchesMax; searches++) {
    const { status, body } = await target.client.request(path, { method: "POST", json });
    const { complete, timing } = asRecord(body);
    const { tookMs } = asRecord(timing);
    if (status === 200 && complete === true && typeof tookMs === "number" && tookMs < budgetMs) return true;
    await sleep(pauseMs, target.timers);
  }
  return false;
}
