import { FrameError } from "./frames.ts";
import type { HitDetails, SortValue } from "./hit.ts";
import { profileFits } from "./leaf-profile.ts";
import type { ShardFacet, ShardReply } from "./link.ts";
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
  into: Buffer,
  at: number,
  { reply, extras }: { reply: ShardReply; extras: string },
): number {
  const { hits, documentSizesBytes } = reply;
  into.writeUInt32LE(hits.length, at + 1);
  let place = at + countsAt;
  for (const name of countNames) {
    into.writeDoubleLE(reply[name], place);
    place += 8;
  }
  for (const { score } of hits) place = into.writeDoubleLE(score, place);
  for (const sizeBytes of documentSizesBytes) place = into.writeUInt32LE(sizeBytes, place);
  const idSizesAt = place;
  const idsAt = idSizesAt + 2 * hits.length;
  place = idsAt;
  let ids = "";
  for (const { id } of hits) ids += id;
  place += into.write(ids, idsAt);
  const ascii = place - idsAt === ids.length;
  hits.forEach(({ id }, i) => {
    into.writeUInt16LE(ascii ? id.length : Buffer.byteLength(id), idSizesAt + 2 * i);
  });
  into.writeUInt32LE(place - idsAt, at + 5);
  if (extras !== "") {
    const written = into.write(extras, place + 4);
    into.writeUInt32LE(written, place);
    place += 4 + written;
  }
  into[at] =
    (reply.outcome === "truncated" ? flag.truncated : 0) |
    (reply.totalExact ? flag.totalExact : 0) |
    (ascii ? flag.ascii : 0) |
    (extras === "" ? 0 : flag.extras);
  return place - at;
}

const countNames = ["documents", "documentsTotal", "sequence", "total", "queuedMs", "tookMs"] as const;

/**
 * Takes a reply's payload apart: the reply and its documents' bytes, a view of the payload. Throws a FrameError where it
 * is cut short, where a number is none, or where the documents do not fill the rest exactly.
 */
export function readReply(payload: Buffer): { reply: ShardReply; documents: Buffer } {
  if (payload.length < headBytes) throw cutShort();
  const flags = payload[0] ?? 0;
  const count = payload.readUInt32LE(1);
  const idsAt = headBytes + count * hitBytes;
  const idsEnd = idsAt + payload.readUInt32LE(5);
  if (idsEnd > payload.length) throw cutShort();
  const ids = readIds(payload, { count, idsAt, idsEnd, ascii: (flags & flag.ascii) !== 0 });
  const { documentSizesBytes, sizeBytes } = readSizes(payload, headBytes + 8 * count, count);
  const { extras, end } =
    (flags & flag.extras) === 0 ? { extras: {}, end: idsEnd } : readExtras(payload, idsEnd, count);
  if (end + sizeBytes !== payload.length) throw new FrameError("a reply's documents do not fill it");
  const [documents, documentsTotal, sequence, total, queuedMs, tookMs] = readCounts(payload);
  const hits = ids.map((id, i) => {
    const score = payload.readDoubleLE(headBytes + 8 * i);
    if (!Number.isFinite(score)) throw new FrameError("a hit's score is no number");
    const details = extras.hits?.[i];
    return details === undefined ? { id, score } : { id, score, ...details };
  });
  const reply: ShardReply = {
    outcome: (flags & flag.truncated) === 0 ? "complete" : "truncated",
    ...{ documents, documentsTotal, sequence, total },
    totalExact: (flags & flag.totalExact) !== 0,
    ...{ hits, documentSizesBytes, queuedMs, tookMs },
    ...(extras.facets === undefined ? {} : { facets: extras.facets }),
    ...(extras.profile === undefined ? {} : { profile: extras.profile }),
  };
  return { reply, documents: payload.subarray(end) };
}

type Counts = [
  documents: number,
  documentsTotal: number,
  sequence: number,
  total: number,
  queuedMs: number,
  tookMs: number,
];

function readCounts(payload: Buffer): Counts {
  const count = (place: number): number => {
    const value = payload.readDoubleLE(countsAt + 8 * place);
    if (!Number.isFinite(value)) throw new FrameError(`a reply's ${countNames[place]} is no number`);
    return value;
  };
  return [count(0), count(1), count(2), count(3), count(4), count(5)];
}

function readSizes(payload: Buffer, at: number, count: number): { documentSizesBytes: number[]; sizeBytes: number } {
  const documentSizesBytes: number[] = [];
  let sizeBytes = 0;
  for (let i = 0; i < count; i++) {
    const size = payload.readUInt32LE(at + 4 * i);
    documentSizesBytes.push(size);
    sizeBytes += size;
  }
  return { documentSizesBytes, sizeBytes };
}

type IdsPlace = { count: number; idsAt: number; idsEnd: number; ascii: boolean };

/** ASCII ids are cut out of one text: decoding each by itself costs more than all the rest. */
function readIds(payload: Buffer, { count, idsAt, idsEnd, ascii }: IdsPlace): string[] {
  const text = ascii ? payload.toString("latin1", idsAt, idsEnd) : "";
  const ids: string[] = [];
  let at = idsAt;
  for (let i = 0; i < count; i++) {
    const end = at + payload.readUInt16LE(idsAt - 2 * (count - i));
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function cutShort(): FrameError {
  return new FrameError("a reply is cut short");
}
