import type { Attempt, ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { AttemptEnd } from "../policy/tail.ts";
import {
  type AttemptErrorCode,
  extraAttempt,
  firstAttempt,
  type ShardOutcome,
  type ShardReport,
} from "./gather-contract.ts";

/** One shard's part of one gather. */
export class ShardProgress implements ShardReport {
  readonly shard: number;
  readonly health: ShardHealth;
  first: Attempt | undefined = undefined;
  second: Attempt | undefined = undefined;
  shadow: Attempt | undefined = undefined;
  /** When the first attempt will be hedged; infinity: it will not. */
  hedgeAtMs = Number.POSITIVE_INFINITY;
  /** When it will be hedged although its leaf has begun; before, only one that still waits in a queue is. */
  lateHedgeAtMs = Number.NEGATIVE_INFINITY;

  /** The second attempt was sent while the first still queued: only one of them is to run. */
  tied = false;

  outcome: ShardOutcome | undefined = undefined;
  winner: number | undefined = undefined;
  replica: ReplicaHealth | undefined = undefined;
  hedged = false;
  tookMs = 0;
  queuedMs = 0;
  serviceMs = 0;
  documents = 0;
  documentsTotal: number;
  totalCertain: boolean;
  errors: AttemptErrorCode[] = [];

  constructor(shard: number, health: ShardHealth) {
    this.shard = shard;
    this.health = health;
    this.documentsTotal = health.documents;
    this.totalCertain = health.documentsCertain;
  }

  get attempts(): number {
    return (this.first === undefined ? 0 : 1) + (this.second === undefined ? 0 : 1);
  }

  /** An attempt by its number. */
  attempt(number: number): Attempt | undefined {
    return number === firstAttempt ? this.first : number === extraAttempt ? this.second : this.shadow;
  }

  /** Takes the reply that counts. */
  accept(
    reply: { attempt: number; documents: number; documentsTotal: number; queuedMs: number; tookMs: number },
    replica: ReplicaHealth,
  ): void {
    this.winner = reply.attempt;
    this.replica = replica;
    this.documents = reply.documents;
    this.documentsTotal = reply.documentsTotal;
    this.totalCertain = true;
    this.queuedMs = reply.queuedMs;
    this.serviceMs = reply.tookMs;
  }
}

/** Refused by load, not broken. */
function isPushBack(code: AttemptErrorCode): boolean {
  return code === "overloaded" || code === "expired";
}

/** What an attempt's error says of its replica: nothing where it may be the plan, which any other may refuse as well. */
export function endOfError(code: AttemptErrorCode): AttemptEnd {
  if (code === "bad_plan" || code === "too_large") return { kind: "withdrawn" };
  if (isPushBack(code)) return { kind: "failed", how: "pushed-back" };
  return { kind: "failed", how: code === "disconnected" ? "lost" : "useless" };
}

const retried: ReadonlySet<AttemptErrorCode> = new Set<AttemptErrorCode>([
  "overloaded",
  "unknown_shard",
  "not_ready",
  "bad_plan",
  "bad_reply",
]);

/**
 * Whether another replica may do better. Not with a plan that crashed a leaf (it would crash the next) or that asks for
 * too much, and not when the time ran out.
 */
export function mayRetry(code: AttemptErrorCode, suspect: boolean): boolean {
  return code === "disconnected" ? !suspect : retried.has(code);
}

/** What to call a shard all of whose attempts ended in errors. */
export function missingOutcome(errors: readonly AttemptErrorCode[]): ShardOutcome {
  if (errors.some((code) => !isPushBack(code))) return "failed";
  return errors.includes("overloaded") ? "shed" : "late";
}
