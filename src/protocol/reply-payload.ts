import { FrameError } from "./frames.ts";
import type { Hit, HitDetails, SortValue } from "./hit.ts";
import { profileFits } from "./leaf-profile.ts";
import type { ShardFacet, ShardReply } from "./link.ts";
import { isRecord } from "./record.ts";
import { facetsFit, sortFits } from "./reply-check.ts";

/**
 * A reply's payload, the most frequent of all and therefore not JSON. Little-endian: u8 flags, u32 hits, u32 bytes of the
 * ids, f64 documents, documentsTotal, sequence, total, queuedMs, tookMs; for each hit its f64 score, then for each its u32
 * document bytes, then for each its u16 id bytes; the ids; where the flags say so u32 and JSON of what few replies have;
 * the documents.
 */
const flag = { truncated: 1, totalExact: 2, ascii: 4, extras: 8 } as const;

const countsAt = 9;
const headBytes = countsAt + 6 * 8;
const hitBytes = 8 + 4 + 2;

/** What few replies have. `hits` has an entry for every hit, or is not there. */
type Extras = { facets?: ShardFacet[]; hits?: HitExtras[] } & Pick<ShardReply, "profile">;
type HitExtras = { sort?: readonly SortValue[] } & HitDetails;

/** The most bytes that the head of a reply takes, its documents apart; `extras` is `extrasOf` the same reply. */
export function replyHeadBytesMax({ hits }: ShardReply, extras: string): number {
  let idChars = 0;
  for (const { id } of hits) idChars += id.length;
  return headBytes + hits.length * hitBytes + 3 * idChars + 4 + 3 * extras.length;
}

/** How many bytes the head of a reply takes: slower to tell than `replyHeadBytesMax`. */
export function replyHeadBytes({ hits }: ShardReply, extras: string): number {
  const idsBytes = hits.reduce((sum, { id }) => sum + Buffer.byteLength(id), 0);
  const extrasBytes = extras === "" ? 0 : 4 + Buffer.byteLength(extras);
  return headBytes + hits.length * hitBytes + idsBytes + extrasBytes;
}

/** The JSON of what few replies have; empty for the many. */
export function extrasOf({ hits, facets, profile }: ShardReply): string {
  const details = hits.some(hasDetails);
  if (!details && facets === undefined && profile === undefined) return "";
  const extras: Extras = {
    ...(facets === undefined ? {} : { facets }),
    ...(profile === undefined ? {} : { profile }),
    ...(details ? { hits: hits.map(({ id: _id, score: _score, ...rest }) => rest) } : {}),
  };
  return JSON.stringify(extras);
}

function hasDetails({ sort, highlights, explanation }: HitExtras): boolean {
  return sort !== undefined || highlights !== undefined || explanation !== undefined;
}

/** Writes the head of a reply at `at`, where `replyHeadBytesMax` bytes are free; answers how many it took. */
export function writeReplyHead(
  { bytes: into, view }: { bytes: Buffer; view: DataView },
  at: number,
  { reply, extras }: { reply: ShardReply; extras: string },
): number {
  const { hits, documentSizesBytes } = reply;
  view.setUint32(at + 1, hits.length, true);
  writeCounts(view, at + countsAt, reply);
  let place = at + headBytes;
  let ids = "";
  // By places: the runtime asks an iterator for each item here, forty calls a reply.
  for (let i = 0; i < hits.length; i++) {
    const { id = "", score = 0 } = hits[i] ?? {};
    ids += id;
    view.setFloat64(place, score, true);
    place += 8;
  }
  for (let i = 0; i < documentSizesBytes.length; i++) {
    view.setUint32(place, documentSizesBytes[i] ?? 0, true);
    place += 4;
  }
  const idsAt = place + 2 * hits.length;
  const idsEnd = idsAt + into.write(ids, idsAt);
  const ascii = idsEnd - idsAt === ids.length;
  for (let i = 0; i < hits.length; i++) {
    const id = hits[i]?.id ?? "";
    view.setUint16(place, ascii ? id.length : Buffer.byteLength(id), true);
    place += 2;
  }
  place = idsEnd;
  view.setUint32(at + 5, place - idsAt, true);
  if (extras !== "") {
    const written = into.write(extras, place + 4);
    view.setUint32(place, written, true);
    place += 4 + written;
  }
  into[at] =
    (reply.outcome === "truncated" ? flag.truncated : 0) |
    (reply.totalExact ? flag.totalExact : 0) |
    (ascii ? flag.ascii : 0) |
    (extras === "" ? 0 : flag.extras);
  return place - at;
}

/** Numbers are read and written through a view: a Buffer's own methods take them apart byte by byte. */
function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function writeCounts(view: DataView, at: number, reply: ShardReply): void {
  view.setFloat64(at, reply.documents, true);
  view.setFloat64(at + 8, reply.documentsTotal, true);
  view.setFloat64(at + 16, reply.sequence, true);
  view.setFloat64(at + 24, reply.total, true);
  view.setFloat64(at + 32, reply.queuedMs, true);
  view.setFloat64(at + 40, reply.tookMs, true);
}

/**
 * Takes a reply's payload apart: the reply and its documents' bytes, a view of the payload. Throws a FrameError where it
 * is cut short, where a number is none, or where the documents do not fill the rest exactly.
 */
export function readReply(payload: Buffer): { reply: ShardReply; documents: Buffer } {
  if (payload.length < headBytes) throw cutShort();
  const view = viewOf(payload);
  const flags = payload[0] ?? 0;
  const count = view.getUint32(1, true);
  const idsAt = headBytes + count * hitBytes;
  const idsEnd = idsAt + view.getUint32(5, true);
  if (idsEnd > payload.length) throw cutShort();
  const ids = readIds(payload, { view, count, idsAt, idsEnd, ascii: (flags & flag.ascii) !== 0 });
  const { documentSizesBytes, sizeBytes } = readSizes(view, headBytes + 8 * count, count);
  const hasExtras = (flags & flag.extras) !== 0;
  const { extras, end } = hasExtras ? readExtras(payload, idsEnd, count) : { extras: undefined, end: idsEnd };
  if (end + sizeBytes !== payload.length) throw new FrameError("a reply's documents do not fill it");
  const reply: ShardReply = {
    outcome: (flags & flag.truncated) === 0 ? "complete" : "truncated",
    documents: readNumber(view, countsAt, "documents"),
    documentsTotal: readNumber(view, countsAt + 8, "documentsTotal"),
    sequence: readNumber(view, countsAt + 16, "sequence"),
    total: readNumber(view, countsAt + 24, "total"),
    totalExact: (flags & flag.totalExact) !== 0,
    hits: readHits(view, ids, extras?.hits),
    documentSizesBytes,
    queuedMs: readNumber(view, countsAt + 32, "queuedMs"),
    tookMs: readNumber(view, countsAt + 40, "tookMs"),
  };
  if (extras?.facets !== undefined) reply.facets = extras.facets;
  if (extras?.profile !== undefined) reply.profile = extras.profile;
  return { reply, documents: payload.subarray(end) };
}

function readNumber(view: DataView, at: number, name: string): number {
  const value = view.getFloat64(at, true);
  if (!Number.isFinite(value)) throw new FrameError(`a reply's ${name} is no number`);
  return value;
}

function readHits(view: DataView, ids: readonly string[], details: readonly HitExtras[] | undefined): Hit[] {
  const hits: Hit[] = [];
  for (let i = 0; i < ids.length; i++) {
    const hit: Hit = { id: ids[i] ?? "", score: readNumber(view, headBytes + 8 * i, "score") };
    hits.push(details === undefined ? hit : { ...hit, ...details[i] });
  }
  return hits;
}

type Sizes = { documentSizesBytes: number[]; sizeBytes: number };

function readSizes(view: DataView, at: number, count: number): Sizes {
  const documentSizesBytes: number[] = [];
  let sizeBytes = 0;
  for (let i = 0; i < count; i++) {
    const size = view.getUint32(at + 4 * i, true);
    documentSizesBytes.push(size);
    sizeBytes += size;
  }
  return { documentSizesBytes, sizeBytes };
}

type IdsPlace = { view: DataView; count: number; idsAt: number; idsEnd: number; ascii: boolean };

/** ASCII ids are cut out of one text: decoding each by itself costs more than all the rest. */
function readIds(payload: Buffer, { view, count, idsAt, idsEnd, ascii }: IdsPlace): string[] {
  const text = ascii ? payload.toString("latin1", idsAt, idsEnd) : "";
  const ids: string[] = [];
  let at = idsAt;
  for (let i = 0; i < count; i++) {
    const end = at + view.getUint16(idsAt - 2 * (count - i), true);
    if (end > idsEnd) throw cutShort();
    ids.push(ascii ? text.slice(at - idsAt, end - idsAt) : payload.toString("utf8", at, end));
    at = end;
  }
  if (at !== idsEnd) throw new FrameError("a reply's ids do not fill their place");
  return ids;
}

function readExtras(payload: Buffer, at: number, count: number): { extras: Extras; end: number } {
  if (at + 4 > payload.length) throw cutShort();
  const end = at + 4 + payload.readUInt32LE(at);
  if (end > payload.length) throw cutShort();
  let value: unknown;
  try {
    value = JSON.parse(payload.toString("utf8", at + 4, end));
  } catch {
    throw new FrameError("what a reply tells beside its hits is not JSON");
  }
  if (!isExtras(value, count)) throw new FrameError("what a reply tells beside its hits is not of the form of it");
  return { extras: value, end };
}

function isExtras(value: unknown, count: number): value is Extras {
  if (!isRecord(value) || !facetsFit(value.facets) || !profileFits(value.profile)) return false;
  const { hits } = value;
  return hits === undefined || (Array.isArray(hits) && hits.length === count && hits.every(isHitExtras));
}

/** No id or score may hide in it: those stand before. */
function isHitExtras(hit: unknown): boolean {
  return isRecord(hit) && !("id" in hit) && !("score" in hit) && sortFits(hit.sort);
}

function cutShort(): FrameError {
  return new FrameError("a reply is cut short");
}
