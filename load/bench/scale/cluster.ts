import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemTimers } from "../../../src/time.ts";
import type { Child } from "../../driver/child.ts";
import { createChildGroup } from "../../driver/child-group.ts";
import { startLeafProcess, startRootProcess } from "../../driver/role-process.ts";

/** Leaves, and roots that all know all of them, each a process of its own that runs as the product does. */
export type ScaleCluster = {
  roots: readonly Child[];
  leaves: readonly Child[];
  /** Where documents are loaded: the first root. */
  url: string;
  stop(): Promise<void>;
};

const zones = 2;

/** Starts it, empty. `log` is the change log that several roots share; without one the only root has its own. */
export async function startScaleCluster(plan: { leaves: number; roots: number; log?: string }): Promise<ScaleCluster> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-scale-"));
  const { keep, stop } = createChildGroup(directory);
  const named = (name: string) => ({ name, directory, timers: systemTimers });
  try {
    const leaves = await Promise.all(
      numbers(plan.leaves).map(async (n) => {
        const zone = `zone-${n % zones}`;
        const child = keep(await startLeafProcess(named(`leaf-${n}`), { zone }));
        return { child, address: `${child.name}@${zone}=${child.url}` };
      }),
    );
    const leafUrls = leaves.map(({ address }) => address).join(",");
    const flags = plan.log === undefined ? [] : ["--log", plan.log, "--accept-unsynced-log"];
    const roots = await Promise.all(
      numbers(plan.roots).map(async (n) => keep(await startRootProcess(named(`root-${n}`), { leafUrls, flags }))),
    );
    return { roots, leaves: leaves.map(({ child }) => child), url: roots[0]?.url ?? "", stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
