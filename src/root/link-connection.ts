import type { Duplex } from "node:stream";
import { Client, type Dispatcher } from "undici";
import {
  asksForLink,
  type LeafIdentity,
  linkHeaders,
  linkPath,
  readIdentity,
  versionMismatch,
} from "../protocol/handshake.ts";
import { linkProtocol, linkVersion } from "../protocol/link.ts";
import { type Certificates, leafConnection } from "../security/certificates.ts";
import type { Timer, Timers } from "../time.ts";

/** How a try to connect ends. `refused` means that a leaf answered and said no; trying again will not help soon. */
export type ConnectOutcome =
  | { kind: "connected"; socket: Duplex; identity: LeafIdentity }
  | { kind: "failed" | "refused"; detail: string };

export type ConnectRequest = {
  url: string;
  timers: Timers;
  /** Until the TCP connection stands, and then until the leaf has answered. */
  connectTimeoutMs: number;
  handshakeTimeoutMs: number;
  /** What the leaf is shown, and what it must show; without it the link is plain. */
  certificates?: Certificates;
};

/**
 * Opens one link to a leaf. The outcome comes within the sum of the two timeouts, by timers of our own: the client does
 * not watch its signal while it connects. Returns the way to give up early; then no outcome comes.
 */
export function connectLink(request: ConnectRequest, done: (outcome: ConnectOutcome) => void): () => void {
  const { certificates } = request;
  const client = new Client(request.url, {
    pipelining: 1,
    maxCachedSessions: 0,
    allowH2: false,
    connect: {
      noDelay: true,
      timeout: request.connectTimeoutMs * 4,
      ...(certificates === undefined ? {} : leafConnection(certificates)),
    },
  });
  let timer: Timer | undefined;
  let settled = false;

  const stop = (): boolean => {
    if (settled) return false;
    settled = true;
    timer?.cancel();
    return true;
  };
  const settle = (outcome: ConnectOutcome): void => {
    if (!stop()) {
      if (outcome.kind === "connected") outcome.socket.destroy();
      return;
    }
    if (outcome.kind !== "connected") void client.destroy();
    done(outcome);
  };
  const limit = (timeoutMs: number, detail: string): void => {
    timer?.cancel();
    timer = request.timers.after(timeoutMs, () => settle({ kind: "failed", detail }));
  };

  if (certificates !== undefined && !request.url.startsWith("https:")) {
    const detail = "its address must begin with https, since links have certificates here";
    timer = request.timers.after(0, () => settle({ kind: "refused", detail }));
    return () => void stop();
  }
  limit(request.connectTimeoutMs, `no connection within ${request.connectTimeoutMs} ms`);
  client.once("connect", () => {
    if (!settled)
      limit(request.handshakeTimeoutMs, `no answer to the handshake within ${request.handshakeTimeoutMs} ms`);
  });
  client.dispatch(
    {
      path: linkPath,
      method: "GET",
      upgrade: linkProtocol,
      headers: { [linkHeaders.version]: String(linkVersion) },
      headersTimeout: 0,
      bodyTimeout: 0,
    },
    handshakeHandler(settle),
  );
  return () => {
    if (stop()) void client.destroy();
  };
}

const refusalSizeBytesMax = 4096;

/** Reads the answer to the handshake, whichever kind it is. */
function handshakeHandler(settle: (outcome: ConnectOutcome) => void): Dispatcher.DispatchHandler {
  let status = 0;
  let body = "";
  const refused = (): void =>
    settle({ kind: "refused", detail: `the leaf answered ${status}: ${refusalDetail(body)}` });
  return {
    onRequestStart() {},
    onRequestUpgrade(_controller, _status, headers, socket) {
      const identity = readIdentity(headers);
      const wrong = asksForLink(headers)
        ? versionMismatch(headers)
        : `the peer upgrades to something else than ${linkProtocol}`;
      if (wrong === undefined && identity !== undefined) {
        settle({ kind: "connected", socket, identity });
        return;
      }
      socket.destroy();
      settle({ kind: "refused", detail: wrong ?? "the leaf does not say who it is" });
    },
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      if (body.length < refusalSizeBytesMax) body += chunk.toString();
    },
    onResponseEnd: refused,
    onResponseError(_controller, error) {
      if (status > 0) refused();
      else settle({ kind: "failed", detail: error.message });
    },
  };
}

/** What a problem document says, or the beginning of whatever else came. */
function refusalDetail(body: string): string {
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem === "object" && problem !== null && "detail" in problem) return String(problem.detail);
  } catch {
    // Not a problem document: the text itself says more than nothing.
  }
  return body.slice(0, 200);
}
