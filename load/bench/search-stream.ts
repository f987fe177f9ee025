import { Pool } from "undici";
import { sleep, systemClock } from "../../src/time.ts";
import { quantile } from "./demo-shard.ts";

export type SearchTimes = { searches: number; incomplete: number; p50Ms: number; p99Ms: number; maxMs: number };

const connections = 64;

/**
 * Searches a cluster at a steady rate until `until` resolves, each search timed from the moment when it was due: a
 * cluster that stalls cannot slow its callers down and so look better than it is. Rejects as `until` does.
 */
export async function searchSteadily(
  options: { url: string; path: string; bodies: readonly string[]; perSecond: number },
  until: Promise<unknown>,
): Promise<SearchTimes> {
  const pool = new Pool(options.url, { connections });
  const timesMs: number[] = [];
  const underWay = new Set<Promise<void>>();
  let incomplete = 0;
  let over = false;
  const end = until.finally(() => {
    over = true;
  });
  end.catch(() => undefined);
  const ask = async (dueMs: number, body: string): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const answer = await pool.request({ method: "POST", path: options.path, headers, body });
    const text = await answer.body.text();
    timesMs.push(systemClock.nowMs() - dueMs);
    if (answer.statusCode !== 200 || !text.includes('"complete":true')) incomplete++;
  };
  let dueMs = systemClock.nowMs();
  for (let i = 0; !over; i++) {
    dueMs += 1000 / options.perSecond;
    const waitMs = dueMs - systemClock.nowMs();
    if (waitMs > 0) await sleep(waitMs);
    const search = ask(dueMs, options.bodies[i % options.bodies.length] ?? "{}");
    underWay.add(search);
    void search.finally(() => underWay.delete(search)).catch(() => undefined);
  }
  try {
    await end;
    await Promise.all(underWay);
  } finally {
    // Nothing is under way any more but where one of both has failed: then nobody waits for the rest.
    await pool.destroy();
  }
  const sorted = Float64Array.from(timesMs).sort();
  const [p50Ms, p99Ms] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
  return { searches: sorted.length, incomplete, p50Ms, p99Ms, maxMs: sorted.at(-1) ?? 0 };
}
