import { Admission } from "../policy/admission.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import { TailPolicy } from "../policy/tail.ts";
import { Gather, type GatherCommand, type GatherTimer } from "../root/gather.ts";
import { loadSample } from "../root/load-sample.ts";
import { type Random, seededRandom } from "../time.ts";
import { EventQueue } from "./events.ts";
import { type FaultStep, faultSteps } from "./fault.ts";
import { Fleet } from "./fleet.ts";
import type { Job, LeafOutside } from "./leaf.ts";
import { Measurements } from "./measure.ts";
import { exponential, serviceSampler } from "./profile.ts";
import { SimulatedQuery } from "./query.ts";
import type { Scenario } from "./scenario.ts";

type SimulatedEvent =
  | { kind: "arrival" }
  /** With a tag of `jobEvent`. */
  | Job
  | { kind: "timer"; query: SimulatedQuery; timer: GatherTimer; atMs: number }
  | { kind: "fault"; step: FaultStep };

/** What befalls a job. */
const jobEvent = { atLeaf: 0, cancelAtLeaf: 1, workEnds: 2, started: 3, reply: 4, error: 5 } as const;

/** Attempts of the measured part of a run, and what joined leaves got in their first second. */
type Counts = { first: number; extra: number; joined: number; joinedFair: number };

/**
 * Plays a scenario in virtual time: the root's own `Admission`, `TailPolicy` and `Gather`, with an event heap where
 * `scatter` has sockets and timers. The same scenario and seed give the same run, event by event.
 */
export class Simulation {
  readonly measurements: Measurements;
  readonly policy: TailPolicy;
  readonly fleet: Fleet;
  readonly counts: Counts = { first: 0, extra: 0, joined: 0, joinedFair: 0 };
  private readonly scenario: Scenario;
  private readonly events = new EventQueue<SimulatedEvent>();
  private readonly admission: Admission;
  private readonly shards: readonly ShardHealth[];
  private readonly arrivalRandom: Random;
  private readonly commands: GatherCommand[] = [];
  private readonly ratePerMs: number;
  private arrived = 0;
  private inflight = 0;
  private readonly queriesAll: number;

  constructor(scenario: Scenario, seed: number, options: { timeline: boolean } = { timeline: false }) {
    this.scenario = scenario;
    const { load } = scenario;
    this.measurements = new Measurements({ ...options, budgetMs: load.budgetMs, slowerThanMs: scenario.slowerThanMs });
    this.arrivalRandom = seededRandom(seed * 4 + 1);
    this.policy = new TailPolicy({ settings: scenario.policy, random: seededRandom(seed * 4 + 2), zone: "zone-0" });
    this.admission = new Admission(scenario.policy.admission);
    this.fleet = new Fleet(scenario, {
      policy: this.policy,
      random: seededRandom(seed * 4 + 3),
      outside: this.outside(),
    });
    this.shards = this.fleet.shards;
    this.ratePerMs = ratePerMs(scenario);
    this.queriesAll = load.warmUpQueries + load.queries;
    const endMs = this.ratePerMs > 0 ? (this.queriesAll / this.ratePerMs) * 1.5 + 1_000 : 60_000;
    const faults = faultSteps(scenario.faults, this.fleet.leaves, { endMs, random: seededRandom(seed * 4 + 4) });
    for (const step of faults) this.events.push(step.atMs, { kind: "fault", step });
    const first = load.arrivals.kind === "closed" ? load.arrivals.connections : 1;
    for (let i = 0; i < Math.min(first, this.queriesAll); i++) this.events.push(0, { kind: "arrival" });
  }

  /** Plays all queries to their end; answers the virtual time that passed. */
  play(): number {
    const total = this.queriesAll;
    while (this.arrived < total || this.inflight > 0) {
      const event = this.events.pop();
      if (event === undefined) break;
      this.on(event, this.events.nowMs);
    }
    return this.events.nowMs;
  }

  private on(event: SimulatedEvent, nowMs: number): void {
    if (event.kind === "job") this.onJob(event, this.events.tag, nowMs);
    else if (event.kind === "arrival") this.onArrival(nowMs);
    else if (event.kind === "fault") this.fleet.apply(event.step, nowMs);
    else if (event.query.isCurrent(event.timer, event.atMs)) this.tell(event.query, event, nowMs);
  }

  private onJob(job: Job, tag: number, nowMs: number): void {
    switch (tag) {
      case jobEvent.atLeaf:
        job.leaf.receive(job, nowMs);
        return;
      case jobEvent.cancelAtLeaf:
        job.leaf.cancel(job, nowMs);
        return;
      case jobEvent.workEnds:
        job.leaf.onEnd(job, nowMs);
        return;
      case jobEvent.started:
        this.onStarted(job, nowMs);
        return;
      case jobEvent.reply:
        this.onReply(job, nowMs);
        return;
      default:
        this.onError(job, nowMs);
    }
  }

  private onStarted({ query, shard, attempt }: Job, nowMs: number): void {
    if (query.wants(shard, attempt)) this.tell(query, { kind: "started", shard, attempt }, nowMs);
  }

  private onError(job: Job, nowMs: number): void {
    const { query, shard, attempt, refusal: code } = job;
    if (query.takeJob(shard, attempt) !== job || code === undefined) return;
    this.tell(query, { kind: "error", shard, attempt, code }, nowMs);
  }

  private onArrival(nowMs: number): void {
    const { load } = this.scenario;
    if (this.arrived >= this.queriesAll) return;
    const measured = this.arrived >= load.warmUpQueries;
    this.arrived++;
    this.fleet.forgetReplaced();
    if (load.arrivals.kind !== "closed") {
      const rate = this.ratePerMs * this.stageFactor(nowMs);
      if (rate > 0) this.events.push(nowMs + exponential(1 / rate, this.arrivalRandom), { kind: "arrival" });
    }
    const priority = load.batchShare > 0 && this.arrivalRandom.next() < load.batchShare ? "batch" : "interactive";
    const decision = this.admission.admit(priority);
    if (decision.kind === "shed") {
      if (decision.strained) this.policy.holdHedges(nowMs);
      if (measured) this.measurements.shed++;
      if (load.arrivals.kind === "closed") this.events.push(nowMs + 1, { kind: "arrival" });
      return;
    }
    const gather = new Gather(this.policy, {
      shards: this.shards,
      deadlineMs: nowMs + load.budgetMs,
      minCoverage: load.minCoverage,
      hedge: load.hedge,
      queryClass: 0,
    });
    this.inflight++;
    this.tell(new SimulatedQuery(gather, { priority, arrivedMs: nowMs, measured }), { kind: "begin" }, nowMs);
  }

  private stageFactor(nowMs: number): number {
    let factor = 1;
    for (const stage of this.scenario.load.stages) if (nowMs >= stage.fromMs) factor = stage.factor;
    return factor;
  }

  private onReply(job: Job, nowMs: number): void {
    const { query, shard, attempt } = job;
    if (query.takeJob(shard, attempt) !== job) return;
    const documentsTotal = this.scenario.layout.documentsPerShard;
    const outcome = job.cut ? "truncated" : "complete";
    const documents = job.cut ? Math.floor(documentsTotal * job.doneShare) : documentsTotal;
    const queuedMs = job.startedMs - job.arrivedMs;
    const tookMs = job.endsMs - job.startedMs;
    this.tell(query, { kind: "reply", shard, attempt, outcome, documents, documentsTotal, queuedMs, tookMs }, nowMs);
  }

  /** Tells a query's gather what happened, and carries out what it commands. */
  private tell(query: SimulatedQuery, event: Parameters<Gather["on"]>[0], nowMs: number): void {
    const commands = this.commands;
    commands.length = 0;
    query.gather.on(event, nowMs, commands);
    for (const command of commands) {
      switch (command.kind) {
        case "send":
          this.send(query, command, nowMs);
          break;
        case "setTimer":
          query.setTimer(command.timer, command.atMs);
          this.events.push(command.atMs, { kind: "timer", query, timer: command.timer, atMs: command.atMs });
          break;
        case "cancel":
          this.cancel(query, command, nowMs);
          break;
        case "finish":
          this.finish(query, nowMs);
          break;
      }
    }
  }

  private send(query: SimulatedQuery, command: Extract<GatherCommand, { kind: "send" }>, nowMs: number): void {
    const leaf = this.fleet.leafOf(command.replica);
    const job: Job = {
      kind: "job",
      query,
      shard: command.shard,
      attempt: command.attempt,
      leaf,
      budgetMs: command.budgetMs,
      tied: command.tied,
      stage: "travelling",
      arrivedMs: nowMs,
      startedMs: nowMs,
      workMs: 0,
      cut: false,
      place: 0,
      endsMs: 0,
      doneShare: 0,
      refusal: undefined,
    };
    query.setJob(job);
    if (query.measured) this.count(command.purpose, command.replica, nowMs);
    const wayMs = command.replica.rttMs / 2;
    if (wayMs === 0) leaf.receive(job, nowMs);
    else this.events.push(nowMs + wayMs, job, jobEvent.atLeaf);
  }

  private count(purpose: string, replica: ReplicaHealth, nowMs: number): void {
    if (purpose === "first") this.counts.first++;
    else if (purpose !== "shadow") this.counts.extra++;
    const joined = this.fleet.joinedInLastSecond(replica, nowMs);
    this.counts.joined += joined.attempts;
    this.counts.joinedFair += joined.fairAttempts;
  }

  private cancel(query: SimulatedQuery, command: { shard: number; attempt: number }, nowMs: number): void {
    const job = query.takeJob(command.shard, command.attempt);
    if (job === undefined) return;
    const wayMs = this.scenario.rttMs / 2;
    if (wayMs === 0) job.leaf.cancel(job, nowMs);
    else this.events.push(nowMs + wayMs, job, jobEvent.cancelAtLeaf);
  }

  private finish(query: SimulatedQuery, nowMs: number): void {
    const { load } = this.scenario;
    const latencyMs = nowMs - query.arrivedMs;
    const { coverage } = query.gather;
    this.inflight--;
    query.endTimers();
    const sample = loadSample(query.gather.shards, latencyMs);
    this.admission.leave({ ...sample, budgetMs: load.budgetMs }, nowMs);
    if (query.measured) {
      const extra = query.gather.shards.reduce((sum, shard) => sum + Math.max(0, shard.attempts - 1), 0);
      const error = coverage === 0 || coverage < load.minCoverage;
      this.measurements.add({ atMs: nowMs, latencyMs, coverage, extra, error });
    }
    if (load.arrivals.kind === "closed") this.events.push(nowMs, { kind: "arrival" });
  }

  private outside(): LeafOutside {
    const wayMs = this.scenario.rttMs / 2;
    return {
      endAt: (atMs, job) => this.events.push(atMs, job, jobEvent.workEnds),
      started: (job, nowMs) => this.events.push(nowMs + wayMs, job, jobEvent.started),
      refused: (job, nowMs) => this.events.push(nowMs + wayMs, job, jobEvent.error),
      replied: (job, nowMs) => {
        if (wayMs === 0) this.onReply(job, nowMs);
        else this.events.push(nowMs + wayMs, job, jobEvent.reply);
      },
    };
  }
}

/** Queries a millisecond of open arrivals; 0 for closed ones. */
function ratePerMs(scenario: Scenario): number {
  const { arrivals } = scenario.load;
  if (arrivals.kind === "closed") return 0;
  if (arrivals.kind === "rate") return arrivals.perSecond / 1000;
  const { shards, leaves } = scenario.layout;
  const workers = leaves * (scenario.leaf.workers ?? 1);
  return (arrivals.load * workers) / (shards * serviceSampler(scenario.service).meanMs);
}
