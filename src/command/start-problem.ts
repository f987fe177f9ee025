import { HedgerowError } from "../errors.ts";

/** What stands in the way of listening, by the system's code. */
const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another process; --port names another, 0 any that is free",
  EADDRNOTAVAIL: "is no address of this machine; --host names one",
  EACCES: "may not be listened at by this user; --port names another",
  ENOTFOUND: "is no host that this machine knows; --host names one",
};

/** Why a role could not start, as a line for whoever started it; undefined where that must be a fault of the program. */
export function startProblem(error: unknown): string | undefined {
  if (error instanceof HedgerowError) return error.message;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if ("syscall" in error && error.syscall === "write") return error.message;
  const place = listenedAt(error);
  const problem = listenProblems[error.code];
  return place === undefined || problem === undefined ? undefined : `${place} ${problem}`;
}

/** The address that was to be listened at; undefined where the error comes from elsewhere. */
function listenedAt(error: Error): string | undefined {
  if ("syscall" in error && error.syscall === "listen" && "address" in error) {
    return "port" in error ? `${error.address}:${error.port}` : String(error.address);
  }
  return "hostname" in error ? String(error.hostname) : undefined;
}
