import type { ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { AttemptPurpose } from "../protocol/answer-profile.ts";
import type { AttemptErrorCode, ShardReply } from "../protocol/link.ts";
import type { ShardOutcome } from "../protocol/shard-outcome.ts";

export type { AttemptErrorCode, ShardOutcome };

/** One query to gather, as far as deciding about its attempts goes. `shards[i]` is shard i, whose answer is awaited. */
export type GatherRequest = {
  shards: readonly ShardHealth[];
  /** The instant by which the merged answer must leave, on the clock that every `nowMs` comes from. */
  deadlineMs: number;
  /** Once this share of the documents was searched, the rest is waited for less and less; 0: all until the deadline. */
  minCoverage: number;
  /**
   * False: one attempt to each shard, whatever becomes of it: no hedge, no retry, no shadow. A few of these go to a
   * replica that was taken out, when it may be well again.
   */
  hedge: boolean;
  /** A small integer; latencies are kept apart by it, so that cheap queries are not hedged by the times of dear ones. */
  queryClass: number;
  /** Queries like this one may have crashed a leaf: an attempt whose connection breaks is not tried elsewhere. */
  suspect?: boolean;
};

/** Attempts of a shard are numbered: the first is 0, the hedge or retry 1; a shadow copy is 2 and its payload unused. */
export const firstAttempt = 0;
export const extraAttempt = 1;
export const shadowAttempt = 2;

/**
 * There is at most one timer of each name; setting it again replaces it, and `finish` ends them all. Where copies are
 * still under way, the deadline's is set anew after that.
 */
export type GatherTimer = "hedge" | "deadline" | "coverage";

export type GatherEvent =
  | { kind: "begin" }
  /** The leaf has begun to execute a tied attempt. */
  | { kind: "started"; shard: number; attempt: number }
  | {
      kind: "reply";
      shard: number;
      attempt: number;
      outcome: ShardReply["outcome"];
      documents: number;
      documentsTotal: number;
      queuedMs: number;
      tookMs: number;
    }
  | { kind: "error"; shard: number; attempt: number; code: AttemptErrorCode }
  | { kind: "timer"; timer: GatherTimer }
  /** The caller went away. */
  | { kind: "cancelled" };

export type SendPurpose = Exclude<AttemptPurpose, "canary">;

export type GatherCommand =
  | {
      kind: "send";
      shard: number;
      attempt: number;
      replica: ReplicaHealth;
      /** How long the leaf may take, counted from the request's arrival. */
      budgetMs: number;
      purpose: SendPurpose;
      /** The leaf is to say when it starts, and another attempt may be racing it. */
      tied: boolean;
    }
  | { kind: "setTimer"; timer: GatherTimer; atMs: number }
  | { kind: "cancel"; shard: number; attempt: number; replica: ReplicaHealth }
  /** Every shard has its outcome. What comes after it concerns copies alone. */
  | { kind: "finish" };

/** How one shard stands; `outcome` is undefined while it is open and never changes after. */
export type ShardReport = {
  readonly outcome: ShardOutcome | undefined;
  /** The attempt whose reply counts; undefined where the shard is missing. */
  readonly winner: number | undefined;
  readonly replica: ReplicaHealth | undefined;
  /** First and extra ones that were sent; shadow copies do not count. */
  readonly attempts: number;
  readonly hedged: boolean;
  /** From the first sending to the outcome. */
  readonly tookMs: number;
  /** As the leaf of the winning attempt reported them. */
  readonly queuedMs: number;
  readonly serviceMs: number;
  /** Documents that were searched, of `documentsTotal`. */
  readonly documents: number;
  readonly documentsTotal: number;
  readonly errors: readonly AttemptErrorCode[];
};
