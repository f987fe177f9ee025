import { rm } from "node:fs/promises";
import type { Timer, Timers } from "../../src/time.ts";
import type { LiveCluster, LiveLeaf } from "../driver/live-cluster.ts";
import type { FaultStep, LeafAct } from "./fault-plan.ts";
import { type LinkTrouble, noTrouble } from "./link-proxy.ts";

export type InflictOptions = {
  timers: Timers;
  /** Writes documents at a rate from now on; 0 stops. */
  write(documentsPerSecond: number): void;
  /** Resolves when every replica could answer again. */
  untilReady(): Promise<unknown>;
  /** Something that was to be done could not be. */
  onTrouble(message: string): void;
};

/** Carries steps out at their times, and puts everything right in the end. */
export class Inflicter {
  readonly #cluster: Pick<LiveCluster, "leaves">;
  readonly #options: InflictOptions;
  readonly #troubles = new Map<number, LinkTrouble>();
  readonly #timers = new Set<Timer>();
  readonly #dead = new Set<LiveLeaf>();
  readonly #underWay = new Set<Promise<void>>();
  #lastRestart: Promise<void> = Promise.resolve();
  #isMending = false;

  constructor(cluster: Pick<LiveCluster, "leaves">, options: InflictOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /** Begins; the steps' times count from now. */
  begin(steps: readonly FaultStep[]): void {
    for (const step of steps) this.#timers.add(this.#options.timers.after(step.atMs, () => this.#carryOut(step)));
  }

  /** Calls off what has not happened yet and mends what has: everybody runs again, every way is clear. */
  async mend(): Promise<void> {
    this.#isMending = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#options.write(0);
    for (const { child } of this.#cluster.leaves) child.signal("SIGCONT");
    for (const leaf of this.#cluster.leaves) this.#trouble(leaf, noTrouble);
    await Promise.allSettled(this.#underWay);
    await Promise.all([...this.#dead].map((leaf) => this.#start(leaf)));
  }

  #carryOut(step: FaultStep): void {
    if ("writesPerSecond" in step) {
      this.#options.write(step.writesPerSecond);
      return;
    }
    const leaf = this.#cluster.leaves[step.leaf];
    if (leaf === undefined) return;
    const done = this.#act(leaf, step.act).catch((error: unknown) =>
      this.#options.onTrouble(`${step.act.kind} ${leaf.child.name}: ${String(error)}`),
    );
    this.#underWay.add(done);
    void done.finally(() => this.#underWay.delete(done));
  }

  async #act(leaf: LiveLeaf, act: LeafAct): Promise<void> {
    switch (act.kind) {
      case "stop":
        leaf.child.signal("SIGSTOP");
        return;
      case "continue":
        leaf.child.signal("SIGCONT");
        return;
      case "kill":
        this.#dead.add(leaf);
        return leaf.child.end("forced");
      case "start":
        return this.#start(leaf);
      case "start-empty":
        await rm(leaf.data, { recursive: true, force: true });
        return this.#start(leaf);
      case "restart":
        this.#lastRestart = this.#lastRestart.then(() => this.#restart(leaf));
        return this.#lastRestart;
      case "cut":
        leaf.proxy?.tell({ cut: true });
        return;
      case "trouble":
        this.#trouble(leaf, act.trouble);
    }
  }

  /** A leaf is only taken away when the one before is back, as whoever rolls out a release waits for readiness. */
  async #restart(leaf: LiveLeaf): Promise<void> {
    await this.#options.untilReady();
    if (this.#isMending) return;
    this.#dead.add(leaf);
    await leaf.child.end("asked");
    await this.#start(leaf);
  }

  async #start(leaf: LiveLeaf): Promise<void> {
    if (!this.#dead.delete(leaf)) return;
    await leaf.child.start();
  }

  #trouble({ index, proxy }: LiveLeaf, change: Partial<LinkTrouble>): void {
    const trouble = { ...(this.#troubles.get(index) ?? noTrouble), ...change };
    this.#troubles.set(index, trouble);
    proxy?.tell({ trouble });
  }
}
