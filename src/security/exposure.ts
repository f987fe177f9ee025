import { isIP } from "node:net";

/** Whether only this machine can reach a server that listens on a host. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

/**
 * Whether a `Host` header names this machine as a page from elsewhere cannot: a page of evil.example whose name is made
 * to point at 127.0.0.1 (DNS rebinding) still sends its own name.
 */
export function namesThisMachine(header: string | undefined): boolean {
  if (header !== lastHost.header) lastHost = { header, isOurs: isOurs(header) };
  return lastHost.isOurs;
}

/** What is wrong with a `Host` header where `what` is missing and so this machine alone is served; undefined where nothing is. */
export function foreignNameProblem(header: string | undefined, what: "keys" | "certificates"): string | undefined {
  if (namesThisMachine(header)) return undefined;
  return `without ${what} only this machine is served, not "${header ?? ""}"`;
}

/** Callers send the same name again and again, and reading it takes microseconds. */
let lastHost: { header: string | undefined; isOurs: boolean } = { header: undefined, isOurs: false };

function isOurs(header: string | undefined): boolean {
  const url = header === undefined ? null : URL.parse(`http://${header}`);
  if (url === null) return false;
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return isIP(host) !== 0 || host === "localhost" || host.endsWith(".localhost");
}

/** Undefined where it may be served like this, else what to do about it. */
export function exposureProblem(asked: {
  host: string;
  guarded: boolean;
  insecure: boolean;
  fix: string;
}): string | undefined {
  if (asked.guarded || asked.insecure || isLoopback(asked.host)) return undefined;
  return `--host ${asked.host}: anybody who reaches it could do everything; ${asked.fix}, or say --insecure where nobody else can reach it`;
}
