import { HedgerowError } from "../errors.ts";
import { idempotencyKeyLengthMax } from "../protocol/change.ts";
import type { DocumentWrite } from "./log.ts";

/** What would not come back as it went in is refused before it is written. */
export function checkAppend(writes: readonly DocumentWrite[], idempotencyKey: string | undefined): void {
  if (idempotencyKey !== undefined && (idempotencyKey === "" || idempotencyKey.length > idempotencyKeyLengthMax)) {
    const detail = `an idempotency key has 1 to ${idempotencyKeyLengthMax} characters`;
    throw new HedgerowError("invalid_request", detail);
  }
  for (const { id } of writes) {
    if (!id.isWellFormed()) throw new HedgerowError("invalid_document", "an id is not well-formed Unicode");
  }
}
