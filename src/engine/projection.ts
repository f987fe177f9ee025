import { wholeSlice } from "../protocol/bytes.ts";
import { type JsonRange, jsonMembers } from "../protocol/json-text.ts";
import type { DocumentSlice } from "../protocol/link.ts";

/**
 * A document's JSON with only the fields named, each as it stands there, in the document's order; all of it where none
 * are named. Of a field that stands there twice the last counts, as everywhere.
 */
export function project(source: DocumentSlice, returned: readonly string[] | undefined): DocumentSlice {
  if (returned === undefined) return source;
  const bytes = source.bytes.subarray(source.start, source.end);
  const kept = new Map<string, { name: JsonRange; value: JsonRange }>();
  for (const member of jsonMembers(bytes)) {
    const name: unknown = JSON.parse(bytes.toString("utf8", member.name.start, member.name.end));
    if (typeof name === "string" && returned.includes(name)) kept.set(name, member);
  }
  const parts = [...kept.values()].flatMap(({ name, value }, i) => [
    i === 0 ? opening : comma,
    bytes.subarray(name.start, name.end),
    colon,
    bytes.subarray(value.start, value.end),
  ]);
  return wholeSlice(Buffer.concat(parts.length === 0 ? [opening, closing] : [...parts, closing]));
}

const opening = Buffer.from("{");
const closing = Buffer.from("}");
const comma = Buffer.from(",");
const colon = Buffer.from(":");
