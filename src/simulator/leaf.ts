import type { AttemptErrorCode } from "../root/gather.ts";
import type { Random } from "../time.ts";
import type { ServiceSampler } from "./profile.ts";
import type { SimulatedQuery } from "./query.ts";

/** An attempt on its way through a leaf. */
export type Job = {
  readonly kind: "job";
  readonly query: SimulatedQuery;
  readonly shard: number;
  readonly attempt: number;
  readonly leaf: SimulatedLeaf;
  readonly budgetMs: number;
  readonly tied: boolean;
  stage: "travelling" | "queued" | "running" | "over";
  arrivedMs: number;
  startedMs: number;
  /** How much work it is, in milliseconds of a healthy leaf. */
  workMs: number;
  /** It ends before its work is done. */
  cut: boolean;
  /** Where it stands among its leaf's running jobs. */
  place: number;
  /** When it will be over, as things stand; an event with another time is stale. */
  endsMs: number;
  /** What it ended with: the share of its work that was done, or why it was refused. */
  doneShare: number;
  refusal: AttemptErrorCode | undefined;
};

/** What a leaf tells the outside; the run turns it into events. */
export type LeafOutside = {
  /** Call `leaf.onEnd(job)` at this time. */
  endAt(atMs: number, job: Job): void;
  started(job: Job, nowMs: number): void;
  /** Its worker is done with it, or its time is up: see `doneShare`. */
  replied(job: Job, nowMs: number): void;
  /** See `refusal`. */
  refused(job: Job, nowMs: number): void;
};

export type LeafSettings = {
  /** How many attempts run side by side; undefined: any number, nothing queues. */
  workers: number | undefined;
  /** Longer queues refuse. */
  queueMax: number;
  /** A running attempt notices a cancel or its deadline at the end of a slice of this length. */
  sliceMs: number;
};

/**
 * A leaf: a queue in order of arrival before its workers. It drops what is late when it is dequeued, stops at the
 * deadline with the best so far, stops cancelled work at the next slice, and refuses what its queue cannot hold.
 */
export class SimulatedLeaf {
  readonly index: number;
  readonly zone: string;
  private readonly settings: LeafSettings;
  private readonly service: ServiceSampler;
  private readonly random: Random;
  private readonly outside: LeafOutside;
  private queue: Job[] = [];
  private queueHead = 0;
  private running: Job[] = [];
  /** Service takes this many times as long; faults set it. */
  slowness: (nowMs: number) => number = () => 1;
  alive = true;
  /** Nothing happens until it goes on. */
  hung = false;
  private hungAtMs = 0;
  /** Milliseconds of work done, and of those the ones that no answer came of. */
  workedMs = 0;
  wastedMs = 0;

  constructor(
    place: { index: number; zone: string },
    parts: { settings: LeafSettings; service: ServiceSampler; random: Random; outside: LeafOutside },
  ) {
    this.index = place.index;
    this.zone = place.zone;
    this.settings = parts.settings;
    this.service = parts.service;
    this.random = parts.random;
    this.outside = parts.outside;
  }

  receive(job: Job, nowMs: number): void {
    if (job.stage !== "travelling") return;
    job.arrivedMs = nowMs;
    if (!this.alive) {
      this.refuse(job, "disconnected", nowMs);
      return;
    }
    if (this.queue.length - this.queueHead >= this.settings.queueMax) {
      this.refuse(job, "overloaded", nowMs);
      return;
    }
    job.stage = "queued";
    if (!this.hung && this.hasWorker()) this.start(job, nowMs);
    else this.queue.push(job);
  }

  /** The root no longer wants it. */
  cancel(job: Job, nowMs: number): void {
    if (job.stage === "queued" || job.stage === "travelling") {
      job.stage = "over";
      return;
    }
    if (job.stage !== "running" || this.hung) return;
    const { sliceMs } = this.settings;
    const stopsMs = job.startedMs + Math.ceil((nowMs - job.startedMs) / sliceMs) * sliceMs;
    if (stopsMs >= job.endsMs) return;
    job.cut = true;
    this.endAt(job, stopsMs);
  }

  /** A running attempt has come to its end, whichever it is. */
  onEnd(job: Job, nowMs: number): void {
    if (job.stage !== "running" || job.endsMs !== nowMs || this.hung) return;
    job.stage = "over";
    this.stop(job);
    const ranMs = nowMs - job.startedMs;
    this.workedMs += ranMs;
    const wanted = job.query.wants(job.shard, job.attempt);
    if (!job.query.needs(job.shard, job.attempt)) this.wastedMs += ranMs;
    job.doneShare = job.cut ? Math.min(1, ranMs / job.workMs) : 1;
    if (wanted) this.outside.replied(job, nowMs);
    this.next(nowMs);
  }

  /** The process dies, and with it everything it held. */
  crash(nowMs: number): void {
    this.alive = false;
    const lost = [...this.running, ...this.queue.slice(this.queueHead)];
    this.running = [];
    this.queue = [];
    this.queueHead = 0;
    for (const job of lost) {
      if (job.stage !== "over") this.refuse(job, "disconnected", nowMs);
    }
  }

  restart(): void {
    this.alive = true;
  }

  /** Everything stands still, as under SIGSTOP or a collection of garbage. */
  hang(nowMs: number): void {
    if (this.hung) return;
    this.hung = true;
    this.hungAtMs = nowMs;
  }

  /** It goes on where it stopped; what ran takes that much longer. */
  resume(nowMs: number): void {
    if (!this.hung) return;
    this.hung = false;
    for (const job of this.running) {
      const pauseMs = nowMs - this.hungAtMs;
      const wanted = job.query.wants(job.shard, job.attempt);
      this.endAt(job, wanted ? job.endsMs + pauseMs : nowMs);
    }
    this.next(nowMs);
  }

  private refuse(job: Job, code: AttemptErrorCode, nowMs: number): void {
    job.stage = "over";
    job.refusal = code;
    this.outside.refused(job, nowMs);
  }

  private stop(job: Job): void {
    const last = this.running.pop();
    if (last === undefined || last === job) return;
    this.running[job.place] = last;
    last.place = job.place;
  }

  private hasWorker(): boolean {
    return this.settings.workers === undefined || this.running.length < this.settings.workers;
  }

  private next(nowMs: number): void {
    while (!this.hung && this.hasWorker()) {
      const job = this.queue[this.queueHead];
      if (job === undefined) break;
      this.queueHead++;
      if (job.stage === "queued") this.start(job, nowMs);
    }
    if (this.queueHead > 1024 && this.queueHead * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.queueHead);
      this.queueHead = 0;
    }
  }

  private start(job: Job, nowMs: number): void {
    const leftMs = job.arrivedMs + job.budgetMs - nowMs;
    if (leftMs <= 0) {
      this.refuse(job, "expired", nowMs);
      return;
    }
    job.stage = "running";
    job.startedMs = nowMs;
    job.workMs = this.service.sample(this.random) * this.slowness(nowMs);
    job.cut = job.workMs > leftMs;
    job.place = this.running.length;
    this.running.push(job);
    if (job.tied) this.outside.started(job, nowMs);
    this.endAt(job, nowMs + Math.min(job.workMs, leftMs));
  }

  private endAt(job: Job, atMs: number): void {
    job.endsMs = atMs;
    this.outside.endAt(atMs, job);
  }
}
