import { asBuffer } from "../protocol/bytes.ts";
import { eachText } from "./document.ts";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const [openBracket, closeBracket] = [0x5b, 0x5d];
const [openBrace, closeBrace] = [0x7b, 0x7d];

/** Bytes passed over between two pauses. */
const pauseBytes = 1 << 16;

/**
 * Reads the texts of some top-level fields out of a document's JSON, at most `textBytesMax` bytes of each field, and
 * passes over everything else unparsed: the cost is that of a few looks at the rest, however large it is. Pauses
 * (yields) after every 64 KB. The document is one that the index took, so it is JSON.
 */
export function* readFieldTexts(
  source: Uint8Array,
  fields: ReadonlySet<string>,
  textBytesMax: number,
): Generator<void, Map<string, string[]>> {
  const bytes = asBuffer(source);
  const found = new Map<string, string[]>();
  let pauseAt = pauseBytes;
  let at = bytes.indexOf(openBrace) + 1;
  for (;;) {
    at = skipTo(bytes, at, [quote, closeBrace]);
    if (at >= bytes.length || bytes[at] === closeBrace) return found;
    const keyEnd = stringEnd(bytes, at);
    const key = String(parseJson(bytes.toString("utf8", at, keyEnd)));
    const start = valueStart(bytes, keyEnd);
    const skip = skipValue(bytes, start);
    let end = skip.next();
    while (end.done !== true) {
      yield;
      end = skip.next();
    }
    if (fields.has(key)) found.set(key, textsOf(bytes, { start, end: end.value }, textBytesMax));
    at = end.value;
    if (at < pauseAt) continue;
    pauseAt = at + pauseBytes;
    yield;
  }
}

type Range = { start: number; end: number };

/** The texts of one value, as `eachText` finds them. */
function textsOf(bytes: Buffer, { start, end }: Range, bytesMax: number): string[] {
  const texts: string[] = [];
  const json = end - start <= bytesMax ? bytes.toString("utf8", start, end) : cutJson(bytes, start, bytesMax);
  eachText(parseJson(json), (text) => texts.push(text));
  return texts;
}

/** The first bytes of a long value as JSON that stands by itself: of a string or a list; nothing of anything else. */
function cutJson(bytes: Buffer, start: number, bytesMax: number): string {
  if (bytes[start] === quote) return cutString(bytes, { start, end: start + bytesMax });
  if (bytes[start] !== openBracket) return "null";
  const items: string[] = [];
  const limit = start + bytesMax;
  for (let at = start + 1; ; ) {
    while (at < limit && (bytes[at] === comma || isSpace(bytes[at]))) at++;
    if (at >= limit || bytes[at] === closeBracket) return `[${items.join(",")}]`;
    const end = endOf(bytes, at);
    items.push(end <= limit ? bytes.toString("utf8", at, end) : cutJson(bytes, at, limit - at));
    at = end;
  }
}

/** The beginning of a string as a string, cut where no character and no escape is cut in two. */
function cutString(bytes: Buffer, { start, end }: Range): string {
  let to = end;
  while (to > start + 1 && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--;
  const last = bytes.lastIndexOf(backslash, to - 1);
  if (last > start && to - last < 6) to = firstOfRun(bytes, last + 1);
  return `${bytes.toString("utf8", start, to)}"`;
}

/** Where the run of backslashes right before a place begins; the place itself where there are none. */
function firstOfRun(bytes: Buffer, end: number): number {
  let at = end;
  while (bytes[at - 1] === backslash) at--;
  return at;
}

/** The place behind a string's closing quotation mark. */
function stringEnd(bytes: Buffer, start: number): number {
  for (let at = start + 1; ; at++) {
    at = bytes.indexOf(quote, at);
    if (at < 0) return bytes.length;
    if ((at - firstOfRun(bytes, at)) % 2 === 0) return at + 1;
  }
}

function valueStart(bytes: Buffer, keyEnd: number): number {
  let at = keyEnd;
  while (at < bytes.length && (bytes[at] === colon || isSpace(bytes[at]))) at++;
  return at;
}

/** The place behind a value. */
function* skipValue(bytes: Buffer, start: number): Generator<void, number> {
  let depth = 0;
  let pauseAt = start + pauseBytes;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) at = stringEnd(bytes, at);
    else if (byte === openBrace || byte === openBracket) {
      depth++;
      at++;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      depth--;
      at++;
    } else if (byte === comma && depth === 0) return at;
    else {
      at++;
      if (depth === 0) continue;
    }
    if (depth === 0) return at;
    if (at < pauseAt) continue;
    pauseAt = at + pauseBytes;
    yield;
  }
  return at;
}

function endOf(bytes: Buffer, start: number): number {
  const skip = skipValue(bytes, start);
  for (;;) {
    const step = skip.next();
    if (step.done === true) return step.value;
  }
}

function skipTo(bytes: Buffer, start: number, [either, or]: readonly [number, number]): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== either && bytes[at] !== or) at++;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
