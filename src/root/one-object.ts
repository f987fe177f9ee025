const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;

/**
 * Whether bytes that are spliced into an answer stay one object of it: they begin it, and nothing in them ends it before
 * their end, so that no further hits can hide in a document. This does not make them valid JSON. Most documents hold
 * one closing brace, which a search for it shows in 50 ns; the others are gone through.
 */
export function isOneObject(json: Uint8Array): boolean {
  const last = json.length - 1;
  if (last < 1 || json[0] !== openBrace || json[last] !== closeBrace) return false;
  return json.indexOf(closeBrace) === last || endsOnlyAt(json, last);
}

function endsOnlyAt(json: Uint8Array, last: number): boolean {
  let depth = 0;
  for (let at = 0; at <= last; at++) {
    const byte = json[at];
    if (byte === quote) {
      at++;
      while (at <= last && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
    } else if (byte === openBrace) depth++;
    else if (byte === closeBrace && --depth === 0) return at === last;
  }
  return false;
}
