import type { ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { Random } from "../time.ts";
import type { FaultStep } from "./fault.ts";
import { type LeafOutside, SimulatedLeaf } from "./leaf.ts";
import { serviceSampler } from "./profile.ts";
import type { Layout, Scenario } from "./scenario.ts";

const firstSecondMs = 1_000;

/** The leaves of a run and what stands on them, as the root's placement would have it. */
export class Fleet {
  readonly leaves: readonly SimulatedLeaf[];
  readonly shards: readonly ShardHealth[];
  private readonly policy: TailPolicy;
  private placed: Placed[] = [];
  /** Replicas whose place another has taken, while attempts of theirs are under way. */
  private replaced: ReplicaHealth[] = [];
  private readonly byReplica = new Map<ReplicaHealth, Placed>();
  private readonly joins = new Map<SimulatedLeaf, number>();

  constructor(scenario: Scenario, parts: { policy: TailPolicy; random: Random; outside: LeafOutside }) {
    this.policy = parts.policy;
    const { layout, rttMs } = scenario;
    const service = serviceSampler(scenario.service);
    const { random, outside } = parts;
    const settings = scenario.leaf;
    this.leaves = Array.from({ length: layout.leaves }, (_, index) => {
      const zone = `zone-${Math.floor((index * layout.zones) / layout.leaves)}`;
      return new SimulatedLeaf({ index, zone }, { settings, service, random, outside });
    });
    this.shards = Array.from({ length: layout.shards }, (_, shard) => {
      const leaves = leavesOf(shard, layout, this.leaves);
      const replicas = leaves.map(({ index, zone }) => parts.policy.replica({ leaf: `leaf-${index}`, zone, rttMs }));
      const health = parts.policy.shard(replicas, layout.documentsPerShard);
      replicas.forEach((replica, i) => {
        this.place(replica, leaves[i], health);
      });
      return health;
    });
  }

  leafOf(replica: ReplicaHealth): SimulatedLeaf {
    const placed = this.byReplica.get(replica);
    if (placed === undefined) throw new Error("a replica that stands nowhere was asked");
    return placed.leaf;
  }

  apply(step: FaultStep, nowMs: number): void {
    const { leaf, act } = step;
    if (act.kind === "slower") {
      const before = leaf.slowness;
      leaf.slowness = (ms) => before(ms) * act.factor;
    } else if (act.kind === "hang") leaf.hang(nowMs);
    else if (act.kind === "resume") leaf.resume(nowMs);
    else if (act.kind === "join") this.join(leaf, act, nowMs);
    else if (act.kind === "restart") {
      leaf.restart();
      this.setReachable(leaf, true);
    } else {
      if (act.kind === "crash") leaf.crash(nowMs);
      this.setReachable(leaf, false);
    }
  }

  /** Has the policy forget the replicas whose place another has taken, once the last of their attempts has ended. */
  forgetReplaced(): void {
    if (this.replaced.length === 0) return;
    for (const replica of this.replaced) if (replica.inflight === 0) this.policy.forget(replica);
    this.replaced = this.replaced.filter(({ inflight }) => inflight > 0);
  }

  /** Whether an attempt went to a shard one of whose replicas joined within the last second, and to that one. */
  joinedInLastSecond(replica: ReplicaHealth, nowMs: number): { attempts: number; fairAttempts: number } {
    const none = { attempts: 0, fairAttempts: 0 };
    if (this.joins.size === 0) return none;
    const health = this.byReplica.get(replica)?.shard;
    if (health === undefined) return none;
    const joined = health.replicas.filter((other) => {
      const joinedMs = this.joins.get(this.leafOf(other));
      return joinedMs !== undefined && nowMs >= joinedMs && nowMs - joinedMs < firstSecondMs;
    });
    if (joined.length === 0) return none;
    return { attempts: joined.includes(replica) ? 1 : 0, fairAttempts: joined.length / health.replicas.length };
  }

  private join(leaf: SimulatedLeaf, act: { factor: number; warmMs: number }, nowMs: number): void {
    this.joins.set(leaf, nowMs);
    leaf.slowness = (ms) => 1 + (act.factor - 1) * Math.max(0, 1 - (ms - nowMs) / Math.max(act.warmMs, 1e-9));
    const before = this.placed.filter((placed) => placed.leaf === leaf);
    this.placed = this.placed.filter((placed) => placed.leaf !== leaf);
    for (const { replica, shard } of before) {
      this.replaced.push(replica);
      const siblings = shard.replicas.filter((other) => other !== replica);
      const fresh = this.policy.replica({ leaf: replica.leaf, zone: leaf.zone, rttMs: replica.rttMs });
      const serving = siblings.filter(({ reachable }) => reachable);
      this.policy.welcome(fresh, serving, nowMs);
      shard.replicas = [...siblings, fresh];
      this.place(fresh, leaf, shard);
    }
  }

  private setReachable(leaf: SimulatedLeaf, reachable: boolean): void {
    for (const placed of this.placed) if (placed.leaf === leaf) placed.replica.reachable = reachable;
  }

  private place(replica: ReplicaHealth, leaf: SimulatedLeaf | undefined, shard: ShardHealth): void {
    if (leaf === undefined) return;
    const placed = { replica, leaf, shard };
    this.placed.push(placed);
    this.byReplica.set(replica, placed);
  }
}

type Placed = { replica: ReplicaHealth; leaf: SimulatedLeaf; shard: ShardHealth };

/** A shard's leaves: one of each equal part of the fleet, so that they differ, and differ in zone where there are some. */
function leavesOf(shard: number, layout: Layout, leaves: readonly SimulatedLeaf[]): SimulatedLeaf[] {
  const part = Math.floor(layout.leaves / layout.replicas);
  return Array.from({ length: layout.replicas }, (_, i) => i * part + (shard % part)).flatMap((at) => leaves[at] ?? []);
}
