import type { OffsetInterval } from "../policy/clock-offset.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { AttemptError, ShardReply } from "../protocol/link.ts";
import type { Clock, Timer, Timers } from "../time.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { ReplicaFeed } from "./feed.ts";
import { foreignHit } from "./foreign-hit.ts";
import {
  type AttemptErrorCode,
  Gather,
  type GatherCommand,
  type GatherEvent,
  type GatherTimer,
  type SendPurpose,
  type ShardReport,
} from "./gather.ts";
import type { LeafLink, SearchHandler } from "./leaf-link.ts";
import type { ShardAnswer } from "./merge.ts";

/** What carrying out a gather takes from outside. */
export type ScatterResources = {
  policy: TailPolicy;
  clock: Clock;
  timers: Timers;
  /** Runs its argument once the sockets that are readable now have been read. */
  afterPoll: (run: () => void) => void;
};

/** One replica, as far as sending attempts to it goes. */
export type ScatterFeed = Pick<ReplicaFeed, "health" | "leafTimes"> & {
  link: Pick<LeafLink, "search" | "cancel" | "clockOffset" | "batch">;
};

export type ScatterRequest = {
  shards: readonly { health: ShardHealth; feeds: readonly ScatterFeed[] }[];
  /** The plan's bytes, the same for all shards. */
  plan: Uint8Array;
  deadlineMs: number;
  minCoverage: number;
  hedge: boolean;
  queryClass: number;
};

type SendCommand = Extract<GatherCommand, { kind: "send" }>;

/** What came of every shard, and the replies that count. */
export type ScatterResult = {
  reports: readonly ShardReport[];
  answers: ShardAnswer[];
  coverage: number;
  /** Whether it was called off before it had ended: what it came to says nothing of the cluster. */
  withdrawn: boolean;
  /** In the order of sending. */
  attempts: readonly AttemptRecord[];
  /** Why no link holds what was asked for, where a leaf said so. */
  refusal: string | undefined;
  /** The first replica that could do nothing with the plan, and why. */
  misfit: PlanMisfit | undefined;
};

export type PlanMisfit = { leaf: string; shard: number; detail: string };

/** One attempt under way; what its link hears of it becomes the gather's events. */
class SentAttempt implements SearchHandler, AttemptRecord {
  readonly shard: number;
  readonly attempt: number;
  readonly purpose: SendPurpose;
  readonly budgetMs: number;
  readonly sentMs: number;
  readonly feed: ScatterFeed;
  end: AttemptRecord["end"] = "open";
  endedMs: number | undefined;
  won = false;
  code: AttemptErrorCode | undefined;
  offset: OffsetInterval | undefined;
  batch: number | undefined;
  readonly #clock: Clock;
  readonly #shards: number;
  readonly #dispatch: (event: GatherEvent) => void;
  request: number | undefined;
  answer: ShardAnswer | undefined;
  /** What its leaf said of its error. */
  detail = "";

  constructor(
    { shard, attempt, purpose, budgetMs }: SendCommand,
    { feed, sentMs, clock, shards }: { feed: ScatterFeed; sentMs: number; clock: Clock; shards: number },
    dispatch: (event: GatherEvent) => void,
  ) {
    this.shard = shard;
    this.attempt = attempt;
    this.purpose = purpose;
    this.budgetMs = budgetMs;
    this.sentMs = sentMs;
    this.feed = feed;
    this.#clock = clock;
    this.#shards = shards;
    this.#dispatch = dispatch;
  }

  get leaf(): string {
    return this.feed.health.leaf;
  }

  get reply(): ShardReply | undefined {
    return this.answer?.reply;
  }

  onStarted(): void {
    this.#dispatch({ kind: "started", shard: this.shard, attempt: this.attempt });
  }

  onReply(request: number, reply: ShardReply, documents: Buffer): void {
    const { shard, attempt } = this;
    const foreign = foreignHit(reply.hits, { shard, shards: this.#shards });
    if (foreign !== undefined) {
      this.onError(request, {
        code: "unknown_shard",
        detail: `the leaf answered with ${foreign.id}, which is another shard's`,
      });
      return;
    }
    this.answer = { shard, reply, documents };
    this.end = "answered";
    this.endedMs = this.#clock.nowMs();
    this.feed.leafTimes.record(reply, this.endedMs);
    if (reply.profile !== undefined) this.offset = this.feed.link.clockOffset();
    const { outcome, documents: covered, documentsTotal, queuedMs, tookMs } = reply;
    this.#dispatch({ kind: "reply", shard, attempt, outcome, documents: covered, documentsTotal, queuedMs, tookMs });
  }

  onError(_request: number, { code, detail }: AttemptError): void {
    this.end = "failed";
    this.endedMs = this.#clock.nowMs();
    this.code = code;
    this.detail = detail;
    this.#dispatch({ kind: "error", shard: this.shard, attempt: this.attempt, code });
  }
}

/**
 * Carries out what a gather decides, with links and timers, for one query. `run` resolves when the gather finishes,
 * which it does by the deadline whatever the leaves do; `cancel` ends it early, or before it began.
 */
export class Scatter {
  readonly #resources: ScatterResources;
  readonly #request: ScatterRequest;
  readonly #gather: Gather;
  readonly #sent: SentAttempt[] = [];
  readonly #onEvent = (event: GatherEvent): void => this.#dispatch(event);
  readonly #timers: Record<GatherTimer, Timer | undefined> = {
    hedge: undefined,
    deadline: undefined,
    coverage: undefined,
  };
  /** What came while something else was carried out. */
  readonly #events: GatherEvent[] = [];
  readonly #commands: GatherCommand[] = [];
  #dispatching = false;
  #withdrawn = false;
  #nowMs = 0;
  #finish: ((result: ScatterResult) => void) | undefined;

  constructor(request: ScatterRequest, resources: ScatterResources) {
    this.#request = request;
    this.#resources = resources;
    const { deadlineMs, minCoverage, hedge, queryClass } = request;
    const shards = request.shards.map(({ health }) => health);
    this.#gather = new Gather(resources.policy, { shards, deadlineMs, minCoverage, hedge, queryClass });
  }

  run(): Promise<ScatterResult> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      if (this.#gather.finished) this.#end();
      else this.#dispatch({ kind: "begin" });
    });
  }

  /** The caller went away: everything that is under way stops. */
  cancel(): void {
    this.#dispatch({ kind: "cancelled" });
  }

  /** Takes events one after another, also those that carrying out a command brings about at once. */
  #dispatch(event: GatherEvent): void {
    if (this.#dispatching) {
      this.#events.push(event);
      return;
    }
    this.#dispatching = true;
    this.#take(event);
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#take(next);
    this.#dispatching = false;
  }

  #take(event: GatherEvent): void {
    const commands = this.#commands;
    this.#nowMs = this.#resources.clock.nowMs();
    if (event.kind === "cancelled" && !this.#gather.finished) this.#withdrawn = true;
    this.#gather.on(event, this.#nowMs, commands);
    for (const command of commands) this.#carryOut(command);
    commands.length = 0;
  }

  #carryOut(command: GatherCommand): void {
    switch (command.kind) {
      case "send":
        this.#send(command);
        return;
      case "setTimer":
        this.#setTimer(command.timer, command.atMs);
        return;
      case "cancel": {
        const sent = this.#sent.find(({ shard, attempt }) => shard === command.shard && attempt === command.attempt);
        if (sent?.request === undefined) return;
        sent.end = "cancelled";
        sent.endedMs = this.#nowMs;
        sent.feed.link.cancel(sent.request);
        return;
      }
      case "finish":
        this.#end();
        return;
    }
  }

  #send(command: SendCommand): void {
    const { shard, attempt, replica, budgetMs, tied } = command;
    const feed = this.#request.shards[shard]?.feeds.find(({ health }) => health === replica);
    if (feed === undefined) {
      this.#dispatch({ kind: "error", shard, attempt, code: "unknown_shard" });
      return;
    }
    const shards = this.#request.shards.length;
    const parts = { feed, sentMs: this.#nowMs, clock: this.#resources.clock, shards };
    const sent = new SentAttempt(command, parts, this.#onEvent);
    this.#sent.push(sent);
    sent.batch = feed.link.batch;
    sent.request = feed.link.search({ plan: this.#request.plan, shard, budgetMs, tied }, sent);
    if (sent.request === undefined) sent.onError(0, { code: "disconnected", detail: "the link is down" });
  }

  #setTimer(timer: GatherTimer, atMs: number): void {
    this.#timers[timer]?.cancel();
    const { clock, timers, afterPoll } = this.#resources;
    const fire = (): void => {
      if (clock.nowMs() < atMs) this.#setTimer(timer, atMs);
      // After a busy spell the reply may be waiting in a socket: reading it first saves a needless hedge.
      else if (timer === "hedge") afterPoll(() => this.#dispatch({ kind: "timer", timer }));
      else this.#dispatch({ kind: "timer", timer });
    };
    this.#timers[timer] = timers.after(Math.max(0, atMs - clock.nowMs()), fire);
  }

  #end(): void {
    const { hedge, deadline, coverage } = this.#timers;
    hedge?.cancel();
    deadline?.cancel();
    coverage?.cancel();
    const reports = this.#gather.shards;
    const answers: ShardAnswer[] = [];
    let inOrder = true;
    let refusal: string | undefined;
    let misfit: PlanMisfit | undefined;
    for (const sent of this.#sent) {
      const { code, leaf, shard, detail } = sent;
      if (code === "too_large") refusal ??= detail;
      else if (code === "bad_plan") misfit ??= { leaf, shard, detail };
      if (sent.answer === undefined || reports[sent.shard]?.winner !== sent.attempt) continue;
      sent.won = true;
      inOrder &&= (answers.at(-1)?.shard ?? -1) < sent.shard;
      answers.push(sent.answer);
    }
    if (!inOrder) answers.sort((a, b) => a.shard - b.shard);
    const came = { reports, answers, coverage: this.#gather.coverage, attempts: this.#sent, refusal, misfit };
    this.#finish?.({ ...came, withdrawn: this.#withdrawn });
  }
}
