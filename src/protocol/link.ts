import type { LogEra } from "./history.ts";
import type { Hit } from "./hit.ts";
import type { LeafProfile } from "./leaf-profile.ts";
import type { IndexDefinition } from "./settings.ts";
import type { StatisticsCursor, StatisticsDelta } from "./statistics.ts";

/** What both ends must speak alike; sent in the `Upgrade` request and refused when it differs. */
export const linkVersion = 3;
export const linkProtocol = "hedgerow-link";

/** One shard of one life of an index. */
export type ShardAddress = { index: string; incarnation: number; shard: number };

/**
 * One facet of a shard: how many matches hold each value, at most `error` fewer than there are. A value that is not
 * listed has at most `rest`, and where it has as many as one that is, it comes after that one.
 */
export type ShardFacet = {
  values: [value: number | string, count: number][];
  missing: number;
  rest: number;
  error: number;
};

/** A document's JSON where it lies, as a part of other bytes; these do not change. */
export type DocumentSlice = { bytes: Buffer; start: number; end: number };

/** A shard's answer to a plan. The hits' documents follow it as raw JSON bytes, in the hits' order. */
export type ShardReply = {
  /** `truncated`: stopped before everything was scored; the hits are the best of what was. */
  outcome: "complete" | "truncated";
  /** Live documents that the search covered, of `documentsTotal` in the shard. */
  documents: number;
  documentsTotal: number;
  /** The last change that the replica has applied. */
  sequence: number;
  /** Matching documents among those covered. */
  total: number;
  totalExact: boolean;
  /** In the plan's order, at most the plan's `top`. */
  hits: Hit[];
  /** In the order of the plan's facets, where it has some. */
  facets?: ShardFacet[];
  /** Byte length of each hit's document in the body; 0 where no fields were asked for. */
  documentSizesBytes: number[];
  queuedMs: number;
  tookMs: number;
  /** Where the plan asks for it. */
  profile?: LeafProfile;
};

/** What a leaf's search can end with in place of a reply. */
export const searchErrorCodes = ["overloaded", "expired", "unknown_shard", "not_ready", "bad_plan", "crashed"] as const;

/** What a leaf can say of an attempt that brings no reply. */
export const leafErrorCodes = [...searchErrorCodes, "too_large"] as const;

export const attemptErrorCodes = [...leafErrorCodes, "bad_reply", "disconnected"] as const;

export type AttemptErrorCode = (typeof attemptErrorCodes)[number];

/**
 * Why an attempt brought no reply. `overloaded` and `expired` are the leaf's push-back; `unknown_shard` means that the
 * leaf does not hold the replica (any more); `bad_plan` that this replica can do nothing with the plan, which fits the
 * index as the root knows it; `too_large` that no link holds what was asked for; `bad_reply` that what it answered makes
 * no sense, which the root says, as it says `disconnected`.
 */
export type AttemptError = { code: AttemptErrorCode; detail: string };

export const linkCallNames = ["open", "close", "apply", "statistics", "status", "retain"] as const;

export type LinkCallName = (typeof linkCallNames)[number];

/** Whether there is a call of that name. */
export function isLinkCallName(name: string): name is LinkCallName {
  return knownCalls.has(name);
}

const knownCalls: ReadonlySet<string> = new Set(linkCallNames);

/** What a root may ask of a leaf beside searching, by name: parameters and result, both JSON. */
export type LinkCalls = {
  /**
   * Holds a replica from now on, empty if it is new; answers how far it has got. What the leaf holds of another history
   * than the log's (`eras`) it drops first; a log that tells none is believed.
   */
  open: {
    params: { definition: IndexDefinition; shard: number; eras?: readonly LogEra[] };
    result: { sequence: number; documents: number };
  };
  /**
   * Frees what the leaf kept on its disk of incarnations up to `head` that no longer stand, and of those in `placed`
   * the shards that are not named there. What it holds open stays where it stands, or another root has asked for it.
   */
  retain: {
    params: {
      standing: readonly number[];
      head: number;
      placed?: readonly { incarnation: number; shards: readonly number[] }[];
    };
    result: Record<string, never>;
  };
  /** This root wants the replica no more. It is dropped when no other root that opened it still does. */
  close: { params: ShardAddress; result: Record<string, never> };
  /**
   * Applies a batch (in the body, see `protocol/batch.ts`) in order; answers when it is searchable. `upTo` says that
   * nothing else up to that sequence concerns this shard beyond `after`, where the replica must stand, or further.
   * Sending a batch again changes nothing.
   */
  apply: { params: ShardAddress & { upTo: number; after?: number }; result: { sequence: number } };
  statistics: { params: ShardAddress & { since?: StatisticsCursor }; result: StatisticsDelta };
  status: { params: Record<string, never>; result: { replicas: ReplicaStatus[] } };
};

/**
 * Why a call brought no result; `bad_call` is a name or parameters that the leaf does not understand, `full` that it has
 * no memory for more.
 */
export type CallError = {
  code: "unknown_shard" | "bad_call" | "full" | "crashed" | "disconnected" | "timed_out";
  detail: string;
};

export type ReplicaStatus = ShardAddress & {
  sequence: number;
  documents: number;
  deleted: number;
  segments: number;
  memtableDocuments: number;
  sizeBytes: number;
};
