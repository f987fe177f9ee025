import type { PolicySettings } from "../../src/policy/settings.ts";
import { policyDefaults } from "../../src/policy/settings.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import { Gather, type GatherCommand, type GatherRequest, type GatherTimer } from "../../src/root/gather.ts";
import { seededRandom } from "../../src/time.ts";

/** Of each shard, unless told otherwise. */
export const documents = 100;
export const budgetMs = 100;

export type Send = Extract<GatherCommand, { kind: "send" }>;

/** A policy that hedges after 10 ms, changed as wanted. */
export function policyOf(change: (settings: PolicySettings) => void = () => {}, seed = 1): TailPolicy {
  const settings = structuredClone(policyDefaults);
  settings.hedge.fixedDelayMs = 10;
  change(settings);
  return new TailPolicy({ settings, random: seededRandom(seed) });
}

export type Shape = { shards: number; replicas: number; sizes?: readonly number[] };

/** A search of some shards, from 1,000 ms on. */
export function requestOf(policy: TailPolicy, shape: Shape): GatherRequest {
  const shards = Array.from({ length: shape.shards }, (_, s) => {
    const replicas = Array.from({ length: shape.replicas }, (_, r) => policy.replica({ leaf: `leaf-${s}-${r}` }));
    return policy.shard(replicas, shape.sizes?.[s] ?? documents);
  });
  return { shards, deadlineMs: 1_000 + budgetMs, minCoverage: 0, hedge: true, queryClass: 0 };
}

/** One gather with its time, its log of commands and what is still open, as the outside would see it. */
export class Stage {
  readonly gather: Gather;
  readonly request: GatherRequest;
  readonly log: { command: GatherCommand; atMs: number }[] = [];
  readonly timers = new Map<GatherTimer, number>();
  /** Each shard's outcome as soon as it has one: it must never be another. */
  readonly outcomes = new Map<number, string>();
  nowMs = 1_000;

  constructor(policy: TailPolicy, request: GatherRequest) {
    this.request = request;
    this.gather = new Gather(policy, request);
  }

  tell(event: Parameters<Gather["on"]>[0]): GatherCommand[] {
    const commands: GatherCommand[] = [];
    this.gather.on(event, this.nowMs, commands);
    for (const command of commands) {
      this.log.push({ command, atMs: this.nowMs });
      if (command.kind === "setTimer") this.timers.set(command.timer, command.atMs);
      if (command.kind === "finish") this.timers.clear();
    }
    this.gather.shards.forEach(({ outcome }, shard) => {
      const before = this.outcomes.get(shard);
      if (before !== undefined && before !== outcome) throw new Error(`shard ${shard} was ${before}, now ${outcome}`);
      if (outcome !== undefined) this.outcomes.set(shard, outcome);
    });
    return commands;
  }

  reply(shard: number, attempt: number, size: { cutTo?: number | undefined; total?: number } = {}) {
    const { cutTo, total = documents } = size;
    const outcome = cutTo === undefined ? "complete" : "truncated";
    const sizes = { documents: cutTo ?? total, documentsTotal: total };
    return this.tell({ kind: "reply", shard, attempt, outcome, ...sizes, queuedMs: 0, tookMs: 1 });
  }

  /** Moves on to a timer and fires it. */
  fire(timer: GatherTimer): GatherCommand[] {
    const atMs = this.timers.get(timer);
    if (atMs === undefined) throw new Error(`the timer ${timer} was not set`);
    this.timers.delete(timer);
    this.nowMs = Math.max(this.nowMs, atMs);
    return this.tell({ kind: "timer", timer });
  }

  sends(): Send[] {
    return this.log.flatMap(({ command }) => (command.kind === "send" ? [command] : []));
  }
}
