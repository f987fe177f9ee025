import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import { HedgerowError } from "../errors.ts";

/**
 * What a failed request tells of its effect: `moved`, the condition did not hold; `refused`, it surely did nothing and
 * may help later; `unknown`, it may have been carried out or not.
 */
export type FailureKind = "moved" | "refused" | "unknown";

export function failureKind(error: unknown): FailureKind {
  if (error instanceof JetStreamApiError) {
    const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
    const moved = error.code === StreamWrongLastSequence || error.code === StreamWrongLastSequenceUnknown;
    return moved ? "moved" : "refused";
  }
  // Nobody listened, so nobody has it.
  if (error instanceof errors.RequestError && error.isNoResponders()) return "refused";
  if (error instanceof errors.NoRespondersError) return "refused";
  return "unknown";
}

/** What callers see when the log's server did not do what was asked, and surely has not. */
export function unavailable(error: unknown): HedgerowError {
  if (error instanceof HedgerowError) return error;
  return new HedgerowError("storage_unavailable", `the change log's server refuses: ${messageOf(error)}`);
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}
