import { isSpace, type JsonMember, scalarEnd, stringEnd } from "../protocol/json-text.ts";

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const [openBracket, closeBracket] = [0x5b, 0x5d];
const [openBrace, closeBrace] = [0x7b, 0x7d];

/** Bytes passed over between two pauses. */
export const pauseBytes = 1 << 16;

/**
 * Takes the members of a document's JSON in the order in which they stand, their values unparsed: the cost is that of a
 * few looks at them, however large they are. Pauses (yields) after every 64 KB. The document is one that the index took,
 * so it is JSON.
 */
export function* eachMember(bytes: Buffer, take: (member: JsonMember) => void): Generator<void, void> {
  let pauseAt = pauseBytes;
  let at = bytes.indexOf(openBrace) + 1;
  for (;;) {
    while (at < bytes.length && bytes[at] !== quote && bytes[at] !== closeBrace) at++;
    if (at >= bytes.length || bytes[at] === closeBrace) return;
    const name = { start: at, end: stringEnd(bytes, at) };
    const start = valueStart(bytes, name.end);
    const end = yield* skipValue(bytes, start);
    take({ name, value: { start, end } });
    at = end;
    if (at < pauseAt) continue;
    pauseAt = at + pauseBytes;
    yield;
  }
}

/** The place behind the value that begins at a place. */
export function endOf(bytes: Buffer, start: number): number {
  const skip = skipValue(bytes, start);
  for (;;) {
    const step = skip.next();
    if (step.done === true) return step.value;
  }
}

/** Where the run of backslashes right before a place begins; the place itself where there are none. */
export function firstOfRun(bytes: Buffer, end: number): number {
  let at = end;
  while (bytes[at - 1] === backslash) at--;
  return at;
}

function valueStart(bytes: Buffer, nameEnd: number): number {
  let at = nameEnd;
  while (at < bytes.length && (bytes[at] === colon || isSpace(bytes[at]))) at++;
  return at;
}

/** The place behind a value; pauses within it, too. */
function* skipValue(bytes: Buffer, start: number): Generator<void, number> {
  let depth = 0;
  let inString = false;
  let pauseAt = start + pauseBytes;
  for (let at = start; at < bytes.length; ) {
    const byte = bytes[at];
    if (inString) {
      const end = bytes.indexOf(quote, at);
      if (end < 0) return bytes.length;
      inString = (end - firstOfRun(bytes, end)) % 2 !== 0;
      at = end + 1;
    } else if (byte === quote) {
      inString = true;
      at++;
    } else if (byte === openBrace || byte === openBracket) {
      depth++;
      at++;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      depth--;
      at++;
    } else if (depth === 0) return scalarEnd(bytes, at);
    else at++;
    if (depth === 0 && !inString) return at;
    if (at < pauseAt) continue;
    pauseAt = at + pauseBytes;
    yield;
  }
  return bytes.length;
}
