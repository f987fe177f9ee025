import { asBuffer } from "../protocol/bytes.ts";
import { isSpace, type JsonRange } from "../protocol/json-text.ts";
import { eachText } from "./document.ts";
import { eachMember, endOf, firstOfRun } from "./member-walk.ts";

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const [openBracket, closeBracket] = [0x5b, 0x5d];
const space = 0x20;

/** How far a cut goes back for a space: further than nearly all words are long. */
const wordBytesMax = 512;

/**
 * Reads the texts of some top-level fields out of a document's JSON, at most `textBytesMax` bytes of each field, and
 * passes over everything else unparsed. Pauses (yields) as `eachMember` does.
 */
export function* readFieldTexts(
  source: Uint8Array,
  fields: ReadonlySet<string>,
  textBytesMax: number,
): Generator<void, Map<string, string[]>> {
  const bytes = asBuffer(source);
  const found = new Map<string, string[]>();
  yield* eachMember(bytes, ({ name, value }) => {
    const key = String(parseJson(bytes.toString("utf8", name.start, name.end)));
    if (fields.has(key)) found.set(key, textsOf(bytes, value, textBytesMax));
  });
  return found;
}

/** The texts of one value, as `eachText` finds them. */
function textsOf(bytes: Buffer, { start, end }: JsonRange, bytesMax: number): string[] {
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

/**
 * The beginning of a string as a string, cut where no character and no escape is cut in two, and no word where there are
 * spaces: its beginning may be another word, which the text does not hold.
 */
function cutString(bytes: Buffer, { start, end }: JsonRange): string {
  const lastSpace = bytes.lastIndexOf(space, end);
  if (lastSpace > start && end - lastSpace <= wordBytesMax) return `${bytes.toString("utf8", start, lastSpace)}"`;
  let to = end;
  while (to > start + 1 && ((bytes[to] ?? 0) & 0xc0) === 0x80) to--;
  const last = bytes.lastIndexOf(backslash, to - 1);
  if (last > start && to - last < 6) to = firstOfRun(bytes, last + 1);
  return `${bytes.toString("utf8", start, to)}"`;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
