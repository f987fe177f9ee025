import { createHash } from "node:crypto";

/** The stream of all changes. One message stands for each document, the latest; its sequence is the version. */
export const changeStream = "HEDGEROW_CHANGES";
/** The stream of the idempotency keys that appends came with, and of what those came to. */
export const receiptStream = "HEDGEROW_RECEIPTS";
/** The key-value bucket of index settings and aliases. */
export const catalogBucket = "HEDGEROW_CATALOG";

const changes = "hedgerow.change";
const births = "hedgerow.birth";
const receipts = "hedgerow.receipt";

export const changeStreamSubjects = [`${changes}.>`, `${births}.>`];
export const receiptStreamSubjects = [`${receipts}.>`];

/** Where a document's changes go. */
export type ChangeAddress = { incarnation: number; shard: number; id: string };

/** Ids hold any Unicode, subjects a few letters without dots, wildcards and spaces: so an id travels as base64url. */
export function changeSubject({ incarnation, shard, id }: ChangeAddress): string {
  return `${changes}.${incarnation}.${shard}.${Buffer.from(id).toString("base64url")}`;
}

/** The inverse of `changeSubject`; `undefined` for any other subject of the stream. */
export function changeAddress(subject: string): ChangeAddress | undefined {
  if (!subject.startsWith(`${changes}.`)) return undefined;
  const [incarnation, shard, id] = subject.slice(changes.length + 1).split(".");
  if (incarnation === undefined || shard === undefined || id === undefined) return undefined;
  return { incarnation: Number(incarnation), shard: Number(shard), id: idIn(id) };
}

// Ids may begin with what other decoders take for a byte order mark.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function idIn(token: string): string {
  return decoder.decode(Buffer.from(token, "base64url"));
}

/** All changes of a shard, as one filter: a server of 2.9 takes no more than one. */
export function shardFilter({ incarnation, shard }: { incarnation: number; shard: number }): string {
  return `${changes}.${incarnation}.${shard}.*`;
}

/** All changes of one life of an index. */
export function incarnationFilter(incarnation: number): string {
  return `${changes}.${incarnation}.>`;
}

/** Where an index takes the sequence that becomes its incarnation. */
export function birthSubject(index: string): string {
  return `${births}.${Buffer.from(index).toString("base64url")}`;
}

/** Where an idempotency key is taken, and the result of its append remembered. */
export function receiptSubject(incarnation: number, key: string): string {
  return `${receipts}.${incarnation}.${createHash("sha256").update(key).digest("base64url")}`;
}

export function receiptFilter(incarnation: number): string {
  return `${receipts}.${incarnation}.*`;
}

/** The stream behind the catalog, and the subjects of its keys. */
export const catalogStream = `KV_${catalogBucket}`;

export function catalogSubject(key: string): string {
  return `$KV.${catalogBucket}.${key}`;
}
