import type { Priority } from "../policy/admission.ts";
import { type Gather, type GatherTimer, shadowAttempt } from "../root/gather.ts";
import type { Job } from "./leaf.ts";

/** One query of a run. Its jobs are kept by shard and attempt, as `scatter` keeps its requests. */
export class SimulatedQuery {
  readonly gather: Gather;
  readonly priority: Priority;
  readonly arrivedMs: number;
  readonly measured: boolean;
  private readonly jobs: (Job | undefined)[];
  private timersMs: Partial<Record<GatherTimer, number>> = {};

  constructor(gather: Gather, facts: { priority: Priority; arrivedMs: number; measured: boolean }) {
    this.gather = gather;
    this.priority = facts.priority;
    this.arrivedMs = facts.arrivedMs;
    this.measured = facts.measured;
    this.jobs = new Array(gather.shards.length * 3).fill(undefined);
  }

  setJob(job: Job): void {
    this.jobs[job.shard * 3 + job.attempt] = job;
  }

  /** Takes a job out: whatever becomes of it, nobody here wants to hear of it. */
  takeJob(shard: number, attempt: number): Job | undefined {
    const at = shard * 3 + attempt;
    const job = this.jobs[at];
    this.jobs[at] = undefined;
    return job;
  }

  /** Whether an attempt's result would still be of use. */
  wants(shard: number, attempt: number): boolean {
    return this.jobs[shard * 3 + attempt] !== undefined;
  }

  /** Whether its answer could still be the one that counts: it is no copy, and no other came before it. */
  needs(shard: number, attempt: number): boolean {
    const isOpen = this.gather.shards[shard]?.outcome === undefined;
    return isOpen && attempt !== shadowAttempt && this.wants(shard, attempt);
  }

  endTimers(): void {
    this.timersMs = {};
  }

  setTimer(timer: GatherTimer, atMs: number): void {
    this.timersMs[timer] = atMs;
  }

  /** Whether a timer that went off is the one that was set last. */
  isCurrent(timer: GatherTimer, atMs: number): boolean {
    return this.timersMs[timer] === atMs;
  }
}
