import { constants } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Certificates } from "./certificates.ts";
import { noteAnswers } from "./last-answer.ts";

/** What one caller may take of a listener, and all of them together. */
export type ListenerLimits = {
  /** From a connection's first byte of a request until its head is complete. */
  headMs: number;
  headBytesMax: number;
  /** How long a connection may be idle between requests. */
  idleMs: number;
  connectionsMax: number;
};

const checkEveryMs = 1000;
const sharedFilesMin = 32;

const listenerDefaults: ListenerLimits = {
  headMs: 10_000,
  headBytesMax: 16 * 1024,
  idleMs: 75_000,
  connectionsMax: connectionsFor(openFilesMax()),
};

/**
 * How many connections leave enough descriptors for the log, the links and the snapshots: three quarters of what the
 * process may open. More would make it fail at all of them, long after it should have refused.
 */
export function connectionsFor(filesMax: number): number {
  return Math.max(1, Math.min(Math.floor(filesMax * 0.75), filesMax - sharedFilesMin));
}

/** What this process may open at once; systems that do not say are taken to allow 1,024. */
function openFilesMax(): number {
  try {
    const line = readFileSync("/proc/self/limits", "utf8")
      .split("\n")
      .find((one) => one.startsWith("Max open files"));
    const soft = Number(line?.slice("Max open files".length).trim().split(" ")[0]);
    return Number.isSafeInteger(soft) && soft > 0 ? soft : 1024;
  } catch {
    return 1024;
  }
}

/** `ask`: callers may present a certificate of the authorities; who did is told by the socket's `authorized`. */
export type Transport = { certificates: Certificates; callers: "anybody" | "ask" };

/**
 * Makes the server that fastify serves with, which gives slow and idle connections up. With a transport it speaks TLS,
 * and takes other certificates while it runs. Callers that show certificates get no sessions to resume: resuming would
 * skip the check against the authorities of the day.
 */
export function listenerFactory(
  transport: Transport | undefined,
  given: Partial<ListenerLimits> = {},
): (handler: RequestListener) => Server {
  const limits = { ...listenerDefaults, ...given };
  const options: ServerOptions = {
    headersTimeout: limits.headMs,
    // A body's time depends on its length: `CallerWatch` sees to it.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleMs,
    maxHeaderSize: limits.headBytesMax,
    // The server would refuse these itself, with an answer that is no problem document and has no trace.
    requireHostHeader: false,
    connectionsCheckingInterval: checkEveryMs,
  };
  return (serve) => {
    const handler = noteAnswers(serve);
    const server = transport === undefined ? createServer(options, handler) : secured(transport, options, handler);
    server.maxConnections = limits.connectionsMax;
    // An expectation that nobody knows may be passed over; refused here, its answer would have no trace either.
    server.on("checkExpectation", handler);
    return server;
  };
}

function secured({ certificates, callers }: Transport, options: ServerOptions, handler: RequestListener): Server {
  const secureOptions = constants.SSL_OP_NO_TICKET;
  const asked = callers === "ask" ? { requestCert: true, rejectUnauthorized: false, secureOptions } : {};
  const tls = () => ({ ...certificates.current, ...asked, minVersion: "TLSv1.2" }) as const;
  const server = createSecureServer({ ...options, ...tls(), handshakeTimeout: listenerDefaults.headMs }, handler);
  certificates.onChange(() => server.setSecureContext(tls()));
  return server;
}
