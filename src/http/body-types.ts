import { errorCodeOf, HedgerowError } from "../errors.ts";
import { backupMediaType } from "../protocol/backup.ts";
import { asHedgerowError } from "../protocol/thrown.ts";
import type { Request } from "./app.ts";

/** The types of bodies that are read anywhere. */
const bodyTypes = ["application/json", "application/x-ndjson", backupMediaType] as const;
const shownLettersMax = 100;

/**
 * What a request threw, as an error of the table. Of a body whose type nothing reads where it was sent, it says which
 * type that was, and which would be read: what a tool calls a body unasked is often none of them.
 */
export function asAnsweredError(error: unknown, { headers, server }: Request): HedgerowError {
  if (errorCodeOf(error) !== "FST_ERR_CTP_INVALID_MEDIA_TYPE") return asHedgerowError(error);
  const sent = headers["content-type"];
  const problem =
    sent === undefined
      ? "the body does not say of which type it is"
      : `a body of type "${sent.slice(0, shownLettersMax)}" is not read here`;
  const read = bodyTypes.filter((type) => server.hasContentTypeParser(type)).join(" or ");
  return new HedgerowError("unsupported_media_type", `${problem}; send it with Content-Type: ${read}`);
}
