import type { AnswerProfile } from "../protocol/answer-profile.ts";
import { isRecord } from "../protocol/record.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import type { ShardOutcome } from "../protocol/shard-outcome.ts";

/** A document as it was written; every one has an id. */
export type DocumentBody = { id: string; [field: string]: unknown };

/** One found document. `settled`: nothing that is missing could change it or its rank. */
export type SearchHit<D> = {
  id: string;
  score: number;
  settled: boolean;
  document?: D;
  highlights?: Record<string, string[]>;
  sort?: (number | string | boolean | null)[];
  explanation?: unknown;
};

/** What became of one shard: the last four mean that it is missing from the answer. */
export type ShardAnswer = {
  shard: number;
  outcome: ShardOutcome;
  leaf: string | null;
  attempts: number;
  hedged: boolean;
  tookMs: number;
  documents: number;
  sequence: number | null;
  /** Why attempts failed, in their order. */
  errors?: string[];
};

export type Coverage = {
  /** The share of the index's documents that was searched, from 0 to 1. */
  documents: number;
  shards: { total: number; complete: number; truncated: number; missing: number };
};

export type Facet = {
  exact: boolean;
  missing: number;
  buckets: { value: string | number | boolean; count: number; errorMax: number }[];
};

/** A search's answer, and what it rests on. Times are milliseconds. */
export type SearchAnswer<D> = {
  index: string;
  hits: SearchHit<D>[];
  total: { value: number; exact: boolean };
  facets?: Record<string, Facet>;
  /** Send it back for the next page; null on the last one. */
  cursor: string | null;
  complete: boolean;
  coverage: Coverage;
  shards: ShardAnswer[];
  statistics: { epoch: string; documents: number };
  /** With `after`: whether all that was asked had the write. */
  afterReached?: boolean;
  corrections?: { from: string; to: string[] }[];
  /** With `profile: true`: every attempt's timeline. */
  profile?: AnswerProfile;
  cached?: boolean;
  timing: {
    budgetMs: number;
    tookMs: number;
    queuedMs: number;
    planMs: number;
    scatterMs: number;
    mergeMs: number;
  };
  traceId: string;
};

/** A document as it stands. `version` makes the next write of it conditional. */
export type StoredDocument<D> = { id: string; version: number; document: D };

/** A write that is durable. `token` goes into a search's `after`, to find it there. */
export type WriteReceipt = { id: string; version: number; token: string };

/** An index as the service describes it. */
export type IndexDescription = IndexSettings & {
  index: string;
  /** Which life of the name this is: it is another one after the index was dropped and created again. */
  incarnation: number;
  statistics: { epoch: string; documents: number };
};

/** Whether a parsed body is a search's answer; its documents are the caller's to know. */
export function isSearchAnswer<D>(body: unknown): body is SearchAnswer<D> {
  return isRecord(body) && Array.isArray(body.hits) && isRecord(body.coverage) && Array.isArray(body.shards);
}

/** Whether a parsed body is a stored document. */
export function isStoredDocument<D>(body: unknown): body is StoredDocument<D> {
  return isRecord(body) && typeof body.id === "string" && typeof body.version === "number" && isRecord(body.document);
}

/** Whether a parsed body is a write's receipt. */
export function isWriteReceipt(body: unknown): body is WriteReceipt {
  return isRecord(body) && typeof body.version === "number" && typeof body.token === "string";
}

/** Whether a parsed body describes an index. */
export function isIndexDescription(body: unknown): body is IndexDescription {
  return isRecord(body) && typeof body.index === "string" && isRecord(body.fields);
}

/** Whether a parsed body tells which aliases there are. */
export function isAliasList(body: unknown): body is { aliases: Record<string, string> } {
  return isRecord(body) && isRecord(body.aliases);
}
