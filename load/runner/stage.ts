import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DemoDocument } from "../../data/corpus.ts";
import { accepted, createClient } from "../../src/command/client.ts";
import { seededRandom, systemTimers } from "../../src/time.ts";
import type { Child } from "../driver/child.ts";
import { pidsOf } from "../driver/child-group.ts";
import { untilReady } from "../driver/cluster-watch.ts";
import { fillCluster, indexName, type LiveCluster, startLiveCluster } from "../driver/live-cluster.ts";
import { untilCalm } from "../driver/processor-time.ts";
import { type FaultStep, type PlannedLeaf, planFaults, proxiedLeaves } from "../faults/fault-plan.ts";
import { Inflicter } from "../faults/inflict.ts";
import type { LiveVariant } from "../scenario/live-scenario.ts";
import { DocumentWriter } from "./writer.ts";

/** Where a variant is played, and what can go wrong there. */
export type Stage = {
  url: string;
  index: string;
  /** Root and leaves, where they are the harness's own. */
  processes: readonly Child[];
  disturb(variant: LiveVariant): Disturbed;
};

/** A leg's troubles under way. */
export type Disturbed = { mend(): Promise<void> };

export type Stages = { of(variant: LiveVariant): Stage; close(): Promise<void> };

const readyMsMax = 60_000;

/** A cluster that is there already: it is only asked. Rejects where nothing answers, or the index is not there. */
export async function foreignStage(target: { url: string; index: string }): Promise<Stages> {
  const path = `/v1/indexes/${encodeURIComponent(target.index)}/search`;
  accepted(await createClient(target.url).request(path, { method: "POST", json: { size: 0 } }));
  const stage = { ...target, processes: [], disturb: () => ({ mend: async () => undefined }) };
  return { of: () => stage, close: async () => undefined };
}

export type OwnStagesPlan = {
  /** As the scenario was asked for: a name or a file. */
  scenario: string;
  variants: readonly LiveVariant[];
  documents: readonly DemoDocument[];
  seed: number;
  /** Whether the processes are to be profiled. */
  profile: boolean;
  say(text: string): void;
  /** Rejects when nobody wants the run any more. */
  interrupted: Promise<never>;
};

/**
 * Starts a cluster for every layout and policy that the variants need; those that agree share one. All stand side by
 * side during the run, so that legs may take turns at once.
 */
export async function ownStages(plan: OwnStagesPlan): Promise<Stages> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-load-"));
  const stages = new Map<string, { stage: Stage; cluster: LiveCluster }>();
  const close = async (): Promise<void> => {
    await Promise.all([...stages.values()].map(({ cluster }) => cluster.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    for (const variant of plan.variants) {
      const key = stageKey(variant, plan.seed);
      if (stages.has(key)) continue;
      const { shards, replicas, leaves } = variant.scenario.layout;
      plan.say(`starting ${leaves} leaves, ${shards} shards x ${replicas}, ${plan.documents.length} documents`);
      const cluster = await startLiveCluster({
        layout: variant.scenario.layout,
        scenario: plan.scenario,
        variant: variant.name,
        proxied: proxiedLeaves(variant.live.faults, leavesOf(variant), seededRandom(plan.seed)),
        directory: join(directory, `cluster-${stages.size + 1}`),
        seed: plan.seed,
        timers: systemTimers,
        inspect: plan.profile,
      });
      stages.set(key, { cluster, stage: stageOn(cluster, plan) });
      await Promise.race([fill(cluster, variant, plan.documents), plan.interrupted]);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    of(variant) {
      const found = stages.get(stageKey(variant, plan.seed));
      if (found === undefined) throw new Error(`no cluster was started for ${variant.name}`);
      return found.stage;
    },
    close,
  };
}

/** What makes variants need clusters of their own. */
function stageKey(variant: LiveVariant, seed: number): string {
  const { layout, policy } = variant.scenario;
  const proxied = proxiedLeaves(variant.live.faults, leavesOf(variant), seededRandom(seed));
  return JSON.stringify({ layout, policy, proxied });
}

function leavesOf({ scenario }: LiveVariant): PlannedLeaf[] {
  const { leaves, zones } = scenario.layout;
  return Array.from({ length: leaves }, (_, index) => ({ index, zone: `zone-${index % zones}` }));
}

/** The victims of a variant, by the seed: the same in every round. */
export function stepsOf(variant: LiveVariant, seed: number): FaultStep[] {
  const { scenario, live } = variant;
  const random = seededRandom(seed);
  const leaves = leavesOf(variant);
  const liveSteps = planFaults({ shared: [], live: live.faults }, leaves, { durationMs: live.durationMs, random });
  const shared = planFaults({ shared: scenario.faults, live: [] }, leaves, { durationMs: live.durationMs, random });
  return [...liveSteps, ...shared].sort((a, b) => a.atMs - b.atMs);
}

function stageOn(cluster: LiveCluster, { documents, seed, say }: OwnStagesPlan): Stage {
  const writer = new DocumentWriter(cluster, { documents, timers: systemTimers });
  return {
    url: cluster.url,
    index: indexName,
    processes: processesOf(cluster),
    disturb(variant) {
      const inflicter = new Inflicter(cluster, {
        timers: systemTimers,
        write: (documentsPerSecond) => writer.set(documentsPerSecond),
        untilReady: () => requireReady(cluster),
        onTrouble: say,
      });
      inflicter.begin(stepsOf(variant, seed));
      return {
        async mend() {
          await inflicter.mend();
          await requireReady(cluster);
        },
      };
    },
  };
}

async function fill(
  cluster: LiveCluster,
  { scenario }: LiveVariant,
  documents: readonly DemoDocument[],
): Promise<void> {
  await fillCluster(cluster, scenario.layout, documents);
  await requireReady(cluster);
  await untilCalm(pidsOf(processesOf(cluster)));
}

function processesOf({ root, leaves }: LiveCluster): Child[] {
  return [root, ...leaves.map(({ child }) => child)];
}

async function requireReady({ url }: Pick<LiveCluster, "url">): Promise<void> {
  const unready = await untilReady({ url, index: indexName }, { limitMs: readyMsMax, timers: systemTimers });
  if (unready.length > 0) throw new Error(`not ready again within ${readyMsMax} ms: ${unready.join(", ")}`);
}
