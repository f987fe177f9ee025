import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import { HedgerowError, messageOf } from "../errors.ts";

/**
 * What a failed request tells of its effect: `moved`, the condition did not hold; `refused`, it surely did nothing and
 * may help later; `unsendable`, it never left this process and never will; `unknown`, it may have been carried out or not.
 */
export type FailureKind = "moved" | "refused" | "unsendable" | "unknown";

export function failureKind(error: unknown): FailureKind {
  if (error instanceof JetStreamApiError) {
    const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
    const moved = error.code === StreamWrongLastSequence || error.code === StreamWrongLastSequenceUnknown;
    return moved ? "moved" : "refused";
  }
  if (isUnsendable(error)) return "unsendable";
  // Nobody listened, so nobody has it.
  if (error instanceof errors.RequestError && error.isNoResponders()) return "refused";
  if (error instanceof errors.NoRespondersError) return "refused";
  return "unknown";
}

/** The size of a message is the one argument to the client that depends on what was asked for. */
function isUnsendable(error: unknown): boolean {
  return error instanceof errors.InvalidArgumentError;
}

/** What callers see when the log's server did not do what was asked, and surely has not. */
export function unavailable(error: unknown): HedgerowError {
  if (error instanceof HedgerowError) return error;
  if (isUnsendable(error)) {
    const detail = `this takes a larger message than the change log's server does: ${messageOf(error)}`;
    return new HedgerowError("too_large", detail);
  }
  return new HedgerowError("storage_unavailable", `the change log's server refuses: ${messageOf(error)}`);
}
