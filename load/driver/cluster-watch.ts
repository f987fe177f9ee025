import { asList, asNumber, asRecord, asText } from "../../src/command/answers.ts";
import { createClient } from "../../src/command/client.ts";
import { sleep, systemClock, type Timers } from "../../src/time.ts";
import type { RootCounts } from "../runner/recorder.ts";

/** What a root says of its cluster, as far as the harness goes by it. */
export type ClusterView = {
  counts: RootCounts;
  /** Replicas that could not answer: leaf and state. One that is out of rotation could; only traffic brings it back. */
  unready: readonly string[];
  documents: number;
  /** Quantiles, over the last minute, of the time that leaves worked on attempts, as `[share, ms]`. */
  serviceMedianMs: number;
};

const ableStates = ["ready", "probation", "ejected"];

/** Asks a root for its cluster; undefined where it does not answer, or answers something else. */
export async function viewCluster(url: string, index: string): Promise<ClusterView | undefined> {
  const answer = await createClient(url)
    .request("/v1/cluster")
    .catch(() => undefined);
  if (answer?.status !== 200) return undefined;
  const body = asRecord(answer.body);
  const hedging = asRecord(body.hedging);
  const found = asList(body.indexes)
    .map(asRecord)
    .find((one) => one.index === index);
  const shards = asList(found?.shards).map(asRecord);
  const replicas = shards.flatMap(({ replicas }) => asList(replicas).map(asRecord));
  const medians = shards.flatMap(({ serviceMs }) => asNumber(asRecord(asRecord(serviceMs)["1m"]).p50Ms) ?? []);
  return {
    counts: {
      first: asNumber(hedging.first) ?? 0,
      hedges: asNumber(hedging.hedges) ?? 0,
      retries: asNumber(hedging.retries) ?? 0,
    },
    unready: replicas.flatMap(({ leaf, state }) =>
      ableStates.includes(asText(state) ?? "") ? [] : `${asText(leaf) ?? "a leaf"}: ${asText(state) ?? "unknown"}`,
    ),
    documents: asNumber(asRecord(found?.statistics).documents) ?? 0,
    serviceMedianMs: medians.sort((a, b) => a - b)[medians.length >> 1] ?? 0,
  };
}

const pollMs = 100;

/** Waits until every replica is ready. Resolves to those that are not after `limitMs`. */
export async function untilReady(
  cluster: { url: string; index: string },
  { limitMs, timers }: { limitMs: number; timers: Timers },
): Promise<readonly string[]> {
  const untilMs = systemClock.nowMs() + limitMs;
  for (;;) {
    const view = await viewCluster(cluster.url, cluster.index);
    const unready = view?.unready ?? ["the root does not answer"];
    if (unready.length === 0 || systemClock.nowMs() > untilMs) return unready;
    await sleep(pollMs, timers);
  }
}
