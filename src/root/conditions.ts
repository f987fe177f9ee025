import type { WriteCondition } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import { writtenSequence } from "./written-sequence.ts";

/**
 * What a write's headers ask for. `standing`: any version of a document that stands (`*`), or one of those named, where
 * that is not just one.
 */
export type AskedCondition = WriteCondition | { kind: "standing"; versions: ReadonlySet<number> | undefined };

type ConditionHeaders = { "if-match"?: string | undefined; "if-none-match"?: string | undefined };

/** An entity tag of RFC 9110, or a version without its quotes, which tools often lose. */
const tagPattern = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$|^(0|[1-9][0-9]*)$/;

/** Throws `invalid_request` for what is no condition, or none that is understood. */
export function conditionOf(headers: ConditionHeaders): AskedCondition {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (match !== undefined && noneMatch !== undefined) {
    throw new HedgerowError("invalid_request", "send If-Match or If-None-Match, not both");
  }
  if (noneMatch !== undefined) {
    if (noneMatch.trim() !== "*") throw new HedgerowError("invalid_request", "If-None-Match takes * alone");
    return { kind: "absent" };
  }
  if (match === undefined) return { kind: "none" };
  if (match.trim() === "*") return { kind: "standing", versions: undefined };
  const versions = new Set(match.split(",").flatMap((tag) => versionOf(tag.trim())));
  const [only] = versions;
  if (only !== undefined && versions.size === 1) return { kind: "version", version: only };
  return { kind: "standing", versions };
}

/** Throws `invalid_request` where a request of many documents has a condition, which each of them would need its own of. */
export function requireNoCondition(headers: ConditionHeaders): void {
  if (headers["if-match"] === undefined && headers["if-none-match"] === undefined) return;
  const detail = "If-Match and If-None-Match are for single documents: send PUT to each document's address";
  throw new HedgerowError("invalid_request", detail);
}

/** The version that a tag names; none for one that is weak or that no version has, since it matches nothing. */
function versionOf(tag: string): number[] {
  const found = tagPattern.exec(tag);
  if (found === null)
    throw new HedgerowError("invalid_request", 'If-Match takes the ETag of the document, such as "42"');
  const [, weak, quoted, bare] = found;
  const version = writtenSequence(quoted ?? bare ?? "");
  return weak === undefined && version !== undefined ? [version] : [];
}
