import { stringEnd } from "./json-text.ts";

const quote = 0x22;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;

/** Objects and lists within one another that a request may hold; nobody writes so many by hand. */
export const jsonDepthMax = 64;

/**
 * Whether JSON text nests deeper than `depthMax`, found without parsing it: the parser takes half a microsecond for
 * each bracket of a deep nest, so a body of a few megabytes of them would hold up everybody for seconds. Linear, and
 * without a word about text that is not JSON.
 */
export function nestsDeeper(json: Uint8Array, depthMax: number = jsonDepthMax): boolean {
  return outgrows(json, { depthMax, opensMax: Number.POSITIVE_INFINITY });
}

/** Whether JSON text nests deeper, or holds more objects and lists, than it may; as `nestsDeeper` in all else. */
export function outgrows(json: Uint8Array, { depthMax, opensMax }: { depthMax: number; opensMax: number }): boolean {
  let [depth, opens] = [0, 0];
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === quote) at = stringEnd(json, at) - 1;
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > depthMax || ++opens > opensMax) return true;
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return false;
}
