import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Hit } from "../protocol/hit.ts";
import type { Plan, PlanClause } from "../protocol/plan.ts";
import { isRecord } from "../protocol/record.ts";
import type { SearchBody } from "../protocol/search-request.ts";
import { unfit } from "./columns.ts";

/** What is longer is deflated. */
const plainLettersMax = 2_000;
/** No JSON begins with it. */
const deflatedMark = "~";
const inflatedBytesMax = 8 << 20;

/** What a walk keeps from its first page on, so that no score moves while statistics change: the plan's own words. */
type Kept = Pick<Plan, "epoch" | "averageLengths" | "matchAtLeast" | "clauses">;

/** What a cursor says: which query it goes on with, what that query rests on, and the hit that the next page follows. */
type CursorContent = Kept & {
  version: 1;
  query: string;
  documents: number;
  documentsLeftOut?: number | undefined;
  after: NonNullable<Plan["after"]>;
};

/**
 * A walk's next page: its plan, how many documents the statistics were of that its scores come from, and no fewer than
 * those that the plan does not find although the query means them, since it has no room for all terms that a prefix begins.
 */
export type Resumed = { plan: Plan; documents: number; documentsLeftOut: number };

/**
 * The cursor that continues after a page's last hit. It holds the weights and averages of the page's plan: a document
 * that does not change keeps its score and its place, so it is met exactly once, whatever else is written meanwhile.
 * `documents`: of the statistics of the page's epoch.
 */
export function writeCursor(body: SearchBody, resumed: Resumed, { id, score, sort }: Hit): string {
  const { plan, documents } = resumed;
  const documentsLeftOut = resumed.documentsLeftOut || undefined;
  const { epoch, averageLengths, matchAtLeast, clauses } = plan;
  const after = sort === undefined ? { id, score } : { id, score, sort };
  const query = queryKey(body, plan);
  const rests = { documents, documentsLeftOut, epoch, averageLengths, matchAtLeast, clauses };
  const content: CursorContent = { version: 1, query, ...rests, after };
  return encode(JSON.stringify(content));
}

/**
 * Makes a freshly planned search go on where a cursor ended. Throws `invalid_request` for a cursor that was damaged or
 * that belongs to another index or query. The checksum tells damage, not forgery: whatever a cursor can say, its bearer
 * might as well have asked for.
 */
export function resumePlan(body: SearchBody, fresh: Resumed): Resumed {
  if (body.cursor === undefined) return fresh;
  if ((body.from ?? 0) > 0) throw unfit("/from", "must be 0 with a cursor, which says itself where to go on");
  const content = readCursor(body.cursor);
  const { plan } = fresh;
  if (content === undefined || content.averageLengths.length !== plan.averageLengths.length) {
    throw unfit("/cursor", "is not one that an answer carried");
  }
  if (content.query !== queryKey(body, plan)) {
    throw unfit("/cursor", "belongs to another search: only size, facets and what is returned may change on the way");
  }
  const { epoch, averageLengths, matchAtLeast, clauses, after, documents, documentsLeftOut = 0 } = content;
  return { plan: { ...plan, epoch, averageLengths, matchAtLeast, clauses, after }, documents, documentsLeftOut };
}

/** Names what decides which documents match and in which order; the words' expansions are the cursor's own. */
function queryKey(body: SearchBody, { index, incarnation, fieldBoosts, filter, sort }: Plan): string {
  const words = [body.query ?? "", body.match ?? "any", body.prefix ?? false, body.typos ?? "auto"];
  return checksum(JSON.stringify([index, incarnation, words, fieldBoosts, filter ?? null, sort ?? null]));
}

function checksum(text: string): string {
  return `${crc32(text).toString(36)}-${text.length.toString(36)}`;
}

/** A prefix may stand for a thousand words: deflated, their cursor still has room in an address. */
function encode(text: string): string {
  const isLong = text.length > plainLettersMax;
  const payload = isLong
    ? deflatedMark + deflateRawSync(text).toString("base64url")
    : Buffer.from(text).toString("base64url");
  return `${payload}.${checksum(payload)}`;
}

function readCursor(cursor: string): CursorContent | undefined {
  const payload = cursor.slice(0, Math.max(0, cursor.lastIndexOf(".")));
  if (cursor !== `${payload}.${checksum(payload)}`) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(decode(payload));
  } catch {
    return undefined;
  }
  return isContent(content) ? content : undefined;
}

function decode(payload: string): string {
  if (!payload.startsWith(deflatedMark)) return Buffer.from(payload, "base64url").toString();
  const deflated = Buffer.from(payload.slice(deflatedMark.length), "base64url");
  return inflateRawSync(deflated, { maxOutputLength: inflatedBytesMax }).toString();
}

function isContent(value: unknown): value is CursorContent {
  return (
    isRecord(value) &&
    value.version === 1 &&
    typeof value.query === "string" &&
    typeof value.epoch === "string" &&
    isAmount(value.documents) &&
    (value.documentsLeftOut === undefined || isAmount(value.documentsLeftOut)) &&
    isAmount(value.matchAtLeast) &&
    isListOf(value.averageLengths, (length) => isAmount(length) && length > 0) &&
    isListOf(value.clauses, isClause) &&
    isRecord(value.after) &&
    typeof value.after.id === "string" &&
    Number.isFinite(value.after.score) &&
    (value.after.sort === undefined || isListOf(value.after.sort, isSortValue))
  );
}

function isClause(value: unknown): value is PlanClause {
  return (
    isRecord(value) &&
    (value.occur === "optional" || value.occur === "required" || value.occur === "excluded") &&
    isListOf(value.terms, (term) => isRecord(term) && typeof term.term === "string" && isAmount(term.weight)) &&
    (value.fieldBoosts === undefined || isListOf(value.fieldBoosts, isAmount)) &&
    (value.phrase === undefined ||
      isListOf(value.phrase, (word) => isRecord(word) && typeof word.term === "string" && isAmount(word.offset)))
  );
}

function isSortValue(value: unknown): boolean {
  return value === null || typeof value === "string" || Number.isFinite(value);
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function isListOf(value: unknown, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}
