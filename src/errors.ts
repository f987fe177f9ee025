/**
 * Every error that a caller can see, once: its stable code, HTTP status, title and whether sending the same request
 * again may help. Expected degradation (a missing shard, a truncated answer) is a result and has no place here.
 */
export const errorTable = {
  invalid_request: { status: 400, title: "The request does not fit the contract", retryable: false },
  invalid_query: { status: 400, title: "The query cannot be understood", retryable: false },
  invalid_document: { status: 400, title: "The document does not fit the index", retryable: false },
  unauthenticated: { status: 401, title: "A valid key is needed", retryable: false },
  forbidden: { status: 403, title: "This key may not do that", retryable: false },
  index_not_found: { status: 404, title: "There is no such index", retryable: false },
  document_not_found: { status: 404, title: "There is no such document", retryable: false },
  not_found: { status: 404, title: "There is nothing here", retryable: false },
  method_not_allowed: { status: 405, title: "This resource does not take that method", retryable: false },
  timed_out: { status: 408, title: "The request came too slowly", retryable: true },
  index_exists: { status: 409, title: "The index stands with other settings", retryable: false },
  name_taken: { status: 409, title: "Another leaf goes by that name", retryable: true },
  version_conflict: { status: 412, title: "The document has changed", retryable: false },
  too_large: { status: 413, title: "The request is too large", retryable: false },
  unsupported_media_type: { status: 415, title: "The body is of a type that is not understood", retryable: false },
  overloaded: { status: 429, title: "The service is at its limit; nothing was done", retryable: true },
  rate_limited: { status: 429, title: "This key is at its limit; nothing was done", retryable: true },
  internal: { status: 500, title: "Something went wrong inside", retryable: false },
  insufficient_coverage: { status: 503, title: "Too little of the index could be searched", retryable: true },
  storage_unavailable: { status: 503, title: "The store cannot be used; nothing was written", retryable: true },
  write_uncertain: { status: 503, title: "It is not known whether it was written", retryable: true },
  not_ready: { status: 503, title: "Not ready to serve", retryable: true },
  deadline_exceeded: { status: 504, title: "Not one shard answered in the budget", retryable: true },
} as const satisfies Record<string, { status: number; title: string; retryable: boolean }>;

export type ErrorCode = keyof typeof errorTable;

/** Where a request does not fit: a path into it such as `/fields/2` and what would. */
export type ErrorPlace = { path: string; detail: string };

/** An error of the table, with what this one is about. `detail` is for people and names the field and the fix. */
export class HedgerowError extends Error {
  override readonly name = "HedgerowError";
  readonly code: ErrorCode;
  readonly places: readonly ErrorPlace[];
  facts: Readonly<Record<string, unknown>> = {};

  constructor(code: ErrorCode, detail: string, places: readonly ErrorPlace[] = []) {
    super(detail);
    this.code = code;
    this.places = places;
  }

  /** Adds what else the problem document shows, such as `coverage`. */
  withFacts(facts: Readonly<Record<string, unknown>>): this {
    this.facts = facts;
    return this;
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

type InvalidCode = "invalid_request" | "invalid_query" | "invalid_document";

/** What is wrong at one place of a request; `detail` names that itself. */
export function invalidAt(path: string, detail: string, code: InvalidCode = "invalid_request"): HedgerowError {
  return new HedgerowError(code, detail, [{ path, detail }]);
}

/** The same where `detail` goes on from the path: "must be a number". */
export function unfitAt(path: string, detail: string): HedgerowError {
  return new HedgerowError("invalid_request", `${path} ${detail}`, [{ path, detail }]);
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === "" ? error.name : error.message;
}

/** The code by which the system or a library tells its errors apart; undefined where what was thrown has none. */
export function errorCodeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
