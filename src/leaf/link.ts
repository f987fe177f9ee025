import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { HedgerowError, messageOf } from "../errors.ts";
import { readHeadAndBody, readSearchPayload } from "../protocol/frame-payload.ts";
import { createFrameWriter, type FrameWriter } from "../protocol/frame-writer.ts";
import { createFrameDecoder, FrameError, type FrameKind, frameKind } from "../protocol/frames.ts";
import { asksForLink, identityHeaders, type LeafIdentity, linkPath, versionMismatch } from "../protocol/handshake.ts";
import { type AttemptError, type CallError, linkProtocol, type ShardReply } from "../protocol/link.ts";
import { problemFrom } from "../protocol/problem.ts";
import { isRecord } from "../protocol/record.ts";
import type { Clock } from "../time.ts";
import type { ReplyTo } from "./search.ts";
import type { SearchQueue } from "./search-queue.ts";

/** What a call asks for, as it came; nothing is known of `params` yet. */
export type IncomingCall = {
  name: string;
  params: unknown;
  body: Uint8Array;
  /** The link it came over, and so the root that asks. */
  from?: symbol;
};
export type CallOutcome = { kind: "answered"; result: unknown } | { kind: "failed"; error: CallError };

/** What a leaf does for the roots at the other ends of its links. */
export type LinkService = {
  searches: Pick<SearchQueue, "submit" | "has" | "cancel" | "cancelAll">;
  /** Hears of a cancel whose search had ended before. */
  onLateCancel?: () => void;
  /** Carries a call out; never rejects. */
  call(call: IncomingCall): Promise<CallOutcome>;
  /** Hears of a link that is gone. */
  onGone?: (link: symbol) => void;
};

export type LinkLog = { warn(fields: object, message: string): void; info(fields: object, message: string): void };

/** The links of one server. */
export type AcceptedLinks = {
  readonly size: number;
  /** Tells the roots to send no more, those too that connect from now on; what is under way goes on. */
  leave(): void;
  /** Cuts all links; what is under way is cancelled. */
  close(): void;
};

export type AcceptParts = {
  server: Server;
  identity: LeafIdentity;
  service: LinkService;
  /** What roots are told of when they ping, so that they know how far apart the clocks are. */
  clock: Clock;
  log: LinkLog;
  /** Says what is wrong with who is calling; undefined for a root. */
  refuseCaller?: (request: IncomingMessage) => string | undefined;
  /** How long a root may say nothing before its link is cut. */
  silenceMs?: number;
};

/** Bytes that a root may leave unread before its link is cut: it has stopped reading, and replies have to go somewhere. */
const unreadSizeBytesMax = 64 * 1024 * 1024;

/** Roots ping every second; one that is not heard of for this long is gone, without having been able to say so. */
const silenceMaxMs = 30_000;

/** Takes links on a server, beside its plain HTTP. Other upgrades than to the link are ignored, as HTTP allows. */
export function acceptLinks(parts: AcceptParts): AcceptedLinks {
  const { server, identity, service, clock, log, refuseCaller, silenceMs = silenceMaxMs } = parts;
  const links = new Set<Link>();
  let leaving = false;
  Object.assign(server, { shouldUpgradeCallback: (request: IncomingMessage) => asksForLink(request.headers) });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", (error) => log.info({ error: error.message }, "link broke"));
    const refusal = refuse(request, refuseCaller?.(request));
    if (refusal !== undefined) {
      log.warn({ detail: refusal.detail, from: request.socket.remoteAddress }, "link refused");
      socket.end(refusalResponse(refusal));
      return;
    }
    socket.write(upgradeResponse(identity));
    const link = openLink({ socket, service, clock, log, silenceMs });
    links.add(link);
    if (leaving) link.leave();
    socket.on("close", () => links.delete(link));
    if (head.length > 0) link.receive(head);
  });

  return {
    get size() {
      return links.size;
    },
    leave() {
      leaving = true;
      for (const link of links) link.leave();
    },
    close() {
      for (const link of links) link.close();
    },
  };
}

type Link = { receive(chunk: Buffer): void; leave(): void; close(): void };

type LinkParts = Required<Pick<AcceptParts, "service" | "clock" | "log" | "silenceMs">> & { socket: Duplex };

function openLink({ socket, service, clock, log, silenceMs }: LinkParts): Link {
  if ("setNoDelay" in socket && typeof socket.setNoDelay === "function") socket.setNoDelay(true);
  if ("setKeepAlive" in socket && typeof socket.setKeepAlive === "function") socket.setKeepAlive(true, 10_000);
  if ("setTimeout" in socket && typeof socket.setTimeout === "function") {
    socket.setTimeout(silenceMs, () => {
      log.warn({ silenceMs }, "link has been silent");
      socket.destroy();
    });
  }
  const writer = createFrameWriter(socket, process.nextTick);
  const from = Symbol("link");
  const replyTo = answerOver(writer, socket);
  const { searches } = service;

  const onFrame = (kind: FrameKind, request: number, payload: Buffer): void => {
    switch (kind) {
      case frameKind.search: {
        if (searches.has(replyTo, request)) throw new FrameError(`request ${request} is already under way`);
        const { plan, shard, budgetMs, tied } = readSearchPayload(payload);
        searches.submit({ request, replyTo, plan, shard, budgetMs, tied });
        return;
      }
      case frameKind.cancel:
        if (!searches.cancel(replyTo, request)) service.onLateCancel?.();
        return;
      case frameKind.ping:
        writer.pong(request, clock.nowMs());
        return;
      case frameKind.call:
        void service.call({ ...readCall(payload), from }).then((outcome) => {
          if (outcome.kind === "failed") writer.json("callFailure", request, outcome.error);
          else writer.message("answer", request, { head: outcome.result, body: [] });
        });
        return;
      default:
        throw new FrameError(`a root sends no frames of kind ${kind}`);
    }
  };

  const decoder = createFrameDecoder(onFrame);
  const receive = (chunk: Buffer): void => {
    try {
      decoder.push(chunk);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "link sent garbage");
      socket.destroy();
    }
  };

  socket.on("data", receive);
  socket.on("end", () => socket.end());
  socket.on("close", () => {
    searches.cancelAll(replyTo);
    service.onGone?.(from);
  });
  const leave = (): void => {
    writer.signal("leaving", 0);
    writer.flush();
  };
  return { receive, leave, close: () => socket.destroy() };
}

/** Sends a search's answers over a link; a root that reads none of them is cut off. */
function answerOver(writer: FrameWriter, socket: Duplex): ReplyTo {
  return {
    started(request) {
      writer.signal("started", request);
      writer.flush();
    },
    reply(request, reply, sources) {
      if (socket.writableLength > unreadSizeBytesMax) {
        socket.destroy();
        return;
      }
      // A frame that its root refuses would take the link and all others on it down.
      const refused = writer.reply(request, reply, sources);
      if (refused !== undefined) writer.json("failure", request, tooLarge(reply, refused));
    },
    failure(request, error) {
      writer.json("failure", request, error);
    },
  };
}

function tooLarge({ hits }: ShardReply, { tooLargeBytes }: { tooLargeBytes: number }): AttemptError {
  const detail =
    `${hits.length} hits with all that is to be told of them are ${tooLargeBytes} bytes, too many for one reply: ` +
    "ask for fewer, or for less of each";
  return { code: "too_large", detail };
}

function readCall(payload: Buffer): IncomingCall {
  const { head, body } = readHeadAndBody(payload);
  if (isRecord(head) && typeof head.name === "string" && "params" in head) {
    // A plain view: a Buffer's own `slice` would share memory where everyone else's copies.
    return { name: head.name, params: head.params, body: new Uint8Array(body.buffer, body.byteOffset, body.length) };
  }
  throw new FrameError("a call has no name or no parameters");
}

type Refusal = { status: string; detail: string };

function refuse(request: IncomingMessage, problem: string | undefined): Refusal | undefined {
  if (problem !== undefined) return { status: "403 Forbidden", detail: `this leaf takes links from roots: ${problem}` };
  if (!asksForLink(request.headers)) {
    return { status: "400 Bad Request", detail: `the only upgrade here is to ${linkProtocol}` };
  }
  if (request.method !== "GET" || request.url !== linkPath) {
    return { status: "400 Bad Request", detail: `${linkProtocol} is taken by GET ${linkPath} alone` };
  }
  const mismatch = versionMismatch(request.headers);
  return mismatch === undefined ? undefined : { status: "426 Upgrade Required", detail: mismatch };
}

function refusalResponse({ status, detail }: Refusal): string {
  const code = status.startsWith("403") ? "forbidden" : "invalid_request";
  const problem = problemFrom(new HedgerowError(code, detail));
  const body = JSON.stringify({ ...problem, status: Number.parseInt(status, 10) });
  const headers = [
    `HTTP/1.1 ${status}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Upgrade: ${linkProtocol}`,
    "Connection: close",
  ];
  return `${headers.join("\r\n")}\r\n\r\n${body}`;
}

function upgradeResponse(identity: LeafIdentity): string {
  const headers = Object.entries(identityHeaders(identity)).map(([name, value]) => `${name}: ${value}`);
  const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", `Upgrade: ${linkProtocol}`, ...headers];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
