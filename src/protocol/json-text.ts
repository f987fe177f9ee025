const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const [openBracket, closeBracket] = [0x5b, 0x5d];
const [openBrace, closeBrace] = [0x7b, 0x7d];
const newline = 0x0a;

/** What JSON text says, `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where a part of a text stands. */
export type JsonRange = { start: number; end: number };
/** A member of an object: its name with the quotation marks, and its value. */
export type JsonMember = { name: JsonRange; value: JsonRange };

/**
 * JSON text on one line, with no white space around it. Of text on several lines all the white space goes; any other
 * stays as it is.
 */
export function onOneLine(text: Uint8Array): Uint8Array {
  const json = trimmed(text);
  if (!json.includes(newline)) return json;
  const kept = Buffer.allocUnsafe(json.length);
  let length = 0;
  for (let at = 0; at < json.length; ) {
    const byte = json[at] ?? 0;
    if (byte === quote) {
      const end = stringEnd(json, at);
      kept.set(json.subarray(at, end), length);
      length += end - at;
      at = end;
    } else {
      if (!isSpace(byte)) kept[length++] = byte;
      at++;
    }
  }
  return kept.subarray(0, length);
}

function trimmed(json: Uint8Array): Uint8Array {
  const start = skipSpace(json, 0);
  let end = json.length;
  while (end > start && isSpace(json[end - 1])) end--;
  return json.subarray(start, end);
}

/**
 * The elements of a list, one after another, without a word on whether each is JSON. Returns whether the text is a list
 * to its end: then it is JSON exactly if every element is.
 */
export function* jsonElements(json: Uint8Array): Generator<JsonRange, boolean> {
  let at = skipSpace(json, 0);
  if (json[at] !== openBracket) return false;
  at = skipSpace(json, at + 1);
  if (json[at] === closeBracket) return skipSpace(json, at + 1) === json.length;
  for (;;) {
    const element = { start: at, end: valueEnd(json, at) };
    if (element.end === element.start) return false;
    yield element;
    at = skipSpace(json, element.end);
    if (json[at] === closeBracket) return skipSpace(json, at + 1) === json.length;
    if (json[at] !== comma) return false;
    at = skipSpace(json, at + 1);
  }
}

/** The members of an object in the order in which they stand. The text must be JSON; of any other only some are found. */
export function* jsonMembers(json: Uint8Array): Generator<JsonMember, void> {
  let at = skipSpace(json, 0);
  if (json[at] !== openBrace) return;
  at = skipSpace(json, at + 1);
  while (json[at] === quote) {
    const name = { start: at, end: stringEnd(json, at) };
    at = skipSpace(json, name.end);
    if (json[at] !== colon) return;
    at = skipSpace(json, at + 1);
    const value = { start: at, end: valueEnd(json, at) };
    yield { name, value };
    at = skipSpace(json, value.end);
    if (json[at] === comma) at = skipSpace(json, at + 1);
  }
}

/** The place behind the value that begins at a place. */
function valueEnd(json: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < json.length; ) {
    const byte = json[at];
    if (byte === quote) at = stringEnd(json, at);
    else if (byte === openBrace || byte === openBracket) {
      depth++;
      at++;
    } else if (byte === closeBrace || byte === closeBracket) {
      if (depth === 0) return at;
      depth--;
      at++;
    } else if (depth > 0) at++;
    else return scalarEnd(json, at);
    if (depth === 0) return at;
  }
  return json.length;
}

/** The place behind a number, `true`, `false` or `null` that begins at a place. */
export function scalarEnd(json: Uint8Array, start: number): number {
  let at = start;
  for (; at < json.length; at++) {
    const byte = json[at];
    if (byte === comma || byte === closeBracket || byte === closeBrace || isSpace(byte)) break;
  }
  return at;
}

/** The place behind the closing quotation mark of the string that begins at a place. */
export function stringEnd(json: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return Math.min(at + 1, json.length);
}

function skipSpace(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length && isSpace(json[at])) at++;
  return at;
}

/** Whether a byte is white space between the parts of JSON. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09;
}
