import { type ErrorCode, type ErrorPlace, errorTable, HedgerowError } from "../errors.ts";
import { placesOf, type ValidationFinding } from "./misfits.ts";

/** The media type of problem documents, RFC 9457. */
export const problemMediaType = "application/problem+json";

/** An error as callers see it. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  traceId?: string;
  errors?: readonly ErrorPlace[];
};

/** The problem document of an error, with the trace that it belongs to. */
export function problemFrom(error: HedgerowError, traceId?: string): Problem {
  const { status, title } = errorTable[error.code];
  return {
    type: `https://hedgerow.dev/errors/${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    ...(traceId === undefined ? {} : { traceId }),
    ...(error.places.length === 0 ? {} : { errors: error.places }),
    ...error.facts,
  };
}

/** A validator's findings as one error that names every place; `noun` is what an unknown name should have been. */
export function invalidRequest(findings: readonly ValidationFinding[], noun = "field"): HedgerowError {
  const places = placesOf(findings, noun);
  const [first] = places;
  const detail = first === undefined ? "the request does not fit" : `${first.path || "the body"} ${first.detail}`;
  return new HedgerowError("invalid_request", detail, places);
}
