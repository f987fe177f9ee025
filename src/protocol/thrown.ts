import { errorCodeOf, HedgerowError } from "../errors.ts";
import type { ValidationFinding } from "./misfits.ts";
import { invalidRequest } from "./problem.ts";

/**
 * Whatever a request handler or the HTTP framework threw, as an error of the table. The framework's own errors are
 * recognised by their codes; what nobody foresaw is `internal` and tells the caller nothing of the inside.
 */
export function asHedgerowError(error: unknown): HedgerowError {
  if (error instanceof HedgerowError) return error;
  if (!(error instanceof Error)) return new HedgerowError("internal", "an unexpected error");
  if ("validation" in error && Array.isArray(error.validation)) {
    const isParameter = "validationContext" in error && error.validationContext === "querystring";
    return invalidRequest(error.validation.filter(isFinding), isParameter ? "parameter of this address" : "field");
  }
  if (errorCodeOf(error) === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return new HedgerowError("too_large", "the body is larger than this server takes");
  }
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  if (status >= 400 && status < 500) return new HedgerowError("invalid_request", error.message);
  return new HedgerowError("internal", "an unexpected error; the log says more");
}

function isFinding(value: unknown): value is ValidationFinding {
  return typeof value === "object" && value !== null && "instancePath" in value && "params" in value;
}
