import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";
import { unfitAt } from "../errors.ts";
import type { Hit } from "../protocol/hit.ts";
import type { Plan } from "../protocol/plan.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import { type CursorContent, contentBytesMax, fitsPlan, readContent } from "./cursor-content.ts";

/** What is longer is deflated. */
const plainLettersMax = 2_000;
/** No JSON begins with it. */
const deflatedMark = "~";

/**
 * What a walk's next page goes on with. `documents`: how many there were in the statistics that its scores come from.
 * `documentsLeftOut`: the plan misses at most so many that the query means, since a prefix may begin more terms than a
 * plan has room for.
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
  const { index, incarnation } = plan;
  const query = queryKey(body, plan);
  const rests = { documents, documentsLeftOut, epoch, averageLengths, matchAtLeast, clauses };
  const content: CursorContent = { version: 1, index, incarnation, query, ...rests, after };
  return encode(JSON.stringify(content));
}

/**
 * Makes a freshly planned search go on where a cursor ended. Throws `invalid_request` for a cursor that was damaged or
 * that belongs to another index or query. The checksum tells damage, not forgery, so that every root goes on with the
 * cursors of every other, and no secret has to outlive a restart: `cursor-content` lets none say more than queries may.
 */
export function resumePlan(body: SearchBody, fresh: Resumed): Resumed {
  if (body.cursor === undefined) return fresh;
  if ((body.from ?? searchDefaults.from) > 0)
    throw unfitAt("/from", "must be 0 with a cursor, which says itself where to go on");
  const { plan } = fresh;
  const content = readCursor(body.cursor);
  if (content !== undefined) requireSame(content, body, plan);
  if (content === undefined || !fitsPlan(content, plan)) throw unfitAt("/cursor", "is not one that an answer carried");
  const { epoch, averageLengths, matchAtLeast, clauses, after, documents, documentsLeftOut = 0 } = content;
  return { plan: { ...plan, epoch, averageLengths, matchAtLeast, clauses, after }, documents, documentsLeftOut };
}

/**
 * Refuses a cursor of another index, of the same one in an earlier life, or of another search. Behind an alias that was
 * switched, or after a drop or a restore, a caller has changed nothing and would look for the mistake in vain.
 */
function requireSame({ index, incarnation, query }: CursorContent, body: SearchBody, plan: Plan): void {
  if (index !== plan.index)
    throw unfitAt(
      "/cursor",
      `belongs to the index ${JSON.stringify(index)}, and this search asks "${plan.index}": begin again without a cursor`,
    );
  if (incarnation !== plan.incarnation)
    throw unfitAt("/cursor", `belongs to an index "${index}" that was made anew since: begin again without a cursor`);
  if (query !== queryKey(body, plan))
    throw unfitAt(
      "/cursor",
      "belongs to another search: query, match, prefix, typos, fields, filter and sort must stay as they were on its first page; all else but from may change",
    );
}

/** Names what decides which documents match and in which order; the words' expansions are the cursor's own. */
function queryKey(body: SearchBody, { fieldBoosts, filter, sort }: Plan): string {
  const { query = "", match = searchDefaults.match, prefix = false, typos = searchDefaults.typos } = body;
  const words = [query, match, prefix, typos];
  return checksum(JSON.stringify([words, fieldBoosts, filter ?? null, sort ?? null]));
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
  try {
    return readContent(decode(payload));
  } catch {
    return undefined;
  }
}

function decode(payload: string): Buffer {
  if (!payload.startsWith(deflatedMark)) return Buffer.from(payload, "base64url");
  const deflated = Buffer.from(payload.slice(deflatedMark.length), "base64url");
  return inflateRawSync(deflated, { maxOutputLength: contentBytesMax });
}
