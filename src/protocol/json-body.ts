import { isUtf8 } from "node:buffer";
import { invalidAt, messageOf, unfitAt } from "../errors.ts";
import { asBuffer } from "./bytes.ts";
import { jsonDepthMax, nestsDeeper } from "./json-depth.ts";

/** Whether a text may hold a name that means something to the language; with escapes it may, too. */
const suspicious = /__proto__|constructor|\\u/;
const byteOrderMark = 0xfeff;

/**
 * What a request's JSON body says; undefined where it is empty, which is no body. Throws `invalid_request` for text that
 * is not JSON, that nests so deep that parsing it would hold up everybody, or that uses a name such as `__proto__`.
 */
export function readJsonBody(body: Uint8Array): unknown {
  if (body.length === 0) return undefined;
  // What such bytes are taken for would be searched for, or stored, as if it had been sent.
  if (!isUtf8(body)) throw invalidAt("", "the body is not JSON: it is not UTF-8");
  if (nestsDeeper(body)) throw invalidAt("", `the body nests deeper than ${jsonDepthMax} levels`);
  const sent = asBuffer(body).toString();
  const text = sent.charCodeAt(0) === byteOrderMark ? sent.slice(1) : sent;
  const value = parsed(text);
  if (suspicious.test(text)) refuseNames(value, "");
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalidAt("", `the body is not JSON: ${messageOf(error)}`);
  }
}

/** Refuses what would change all objects, should one ever be made of this by merging. */
function refuseNames(value: unknown, path: string): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    const place = `${path}/${name}`;
    const isPrototype = name === "__proto__" || (name === "prototype" && path.endsWith("/constructor"));
    if (isPrototype) throw unfitAt(place, "is a name that nothing here may have");
    refuseNames(part, place);
  }
}
