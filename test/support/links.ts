import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket, type Server as TcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { createLeaf, type Leaf } from "../../src/leaf/leaf.ts";
import { type FrameKind, frameHeadBytes } from "../../src/protocol/frames.ts";
import { identityHeaders } from "../../src/protocol/handshake.ts";
import type { AttemptError, ShardReply } from "../../src/protocol/link.ts";
import { createLeafLink, type LeafLink, type LeafLinkOptions, type LeafLinkState } from "../../src/root/leaf-link.ts";
import { systemClock, systemRandom, systemTimers } from "../../src/time.ts";
import { fakeReplicas } from "./fake-replica.ts";

/** A real leaf over fake replicas, listening on a free port. */
export async function servedLeaf({
  name = "leaf é",
  port = 0,
  queueLimit = 128,
} = {}): Promise<{ leaf: Leaf; url: string; port: number }> {
  const leaf = createLeaf({
    name,
    zone: "a",
    openReplica: fakeReplicas().open,
    clock: systemClock,
    timers: systemTimers,
    queueLimit,
    log: { level: "silent" },
    runtimeMetrics: false,
  });
  const url = await leaf.listen({ host: "127.0.0.1", port });
  return { leaf, url, port: Number(new URL(url).port) };
}

/** A link whose states can be waited for. */
export type WatchedLink = {
  link: LeafLink;
  states: LeafLinkState[];
  /** Resolves with the first state, past or to come, that fits. */
  until(fits: (state: LeafLinkState) => boolean): Promise<LeafLinkState>;
};

export function watchedLink(options: Pick<LeafLinkOptions, "url"> & Partial<LeafLinkOptions>): WatchedLink {
  const states: LeafLinkState[] = [];
  const waiting = new Set<(state: LeafLinkState) => void>();
  const link = createLeafLink({
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    ...options,
    settings: {
      connectTimeoutMs: 5000,
      handshakeTimeoutMs: 5000,
      backoffMinMs: 1,
      backoffMaxMs: 20,
      ...options.settings,
    },
    onState(state) {
      states.push(state);
      for (const look of waiting) look(state);
    },
  });
  const until = (fits: (state: LeafLinkState) => boolean): Promise<LeafLinkState> =>
    new Promise((resolve) => {
      const known = states.find(fits);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const look = (state: LeafLinkState): void => {
        if (!fits(state)) return;
        waiting.delete(look);
        resolve(state);
      };
      waiting.add(look);
    });
  return { link, states, until };
}

export type SearchEnd =
  | { kind: "reply"; reply: ShardReply; documents: string }
  | { kind: "error"; error: AttemptError };

/** Sends a search and resolves with how it ended. */
export function searched(
  link: LeafLink,
  search: { plan: Uint8Array; shard?: number; budgetMs?: number; tied?: boolean },
  onStarted: () => void = () => undefined,
): { request: number | undefined; ended: Promise<SearchEnd> } {
  let request: number | undefined;
  const ended = new Promise<SearchEnd>((resolve) => {
    request = link.search(
      { shard: 0, budgetMs: 60_000, tied: false, ...search },
      {
        onStarted,
        onReply: (_request, reply, documents) => resolve({ kind: "reply", reply, documents: documents.toString() }),
        onError: (_request, error) => resolve({ kind: "error", error }),
      },
    );
  });
  return { request, ended };
}

/** A peer that takes the upgrade, says what it is told to behind its answer, and then does as it is told. */
export async function scriptedPeer(script: {
  headers?: Record<string, string>;
  behindHandshake?: Buffer;
  onSocket?: (socket: Duplex, request: IncomingMessage) => void;
}): Promise<{ url: string; close(): void }> {
  const headers = script.headers ?? identityHeaders({ name: "peer", bootId: "b" });
  const sockets = new Set<Duplex>();
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: hedgerow-link\r\n${lines.join("")}\r\n`;
    socket.write(Buffer.concat([Buffer.from(answer), script.behindHandshake ?? Buffer.alloc(0)]));
    script.onSocket?.(socket, request);
  });
  return {
    url: `http://127.0.0.1:${await listening(server)}`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Listens on a free port and answers it. */
export function listening(server: Server | TcpServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** One frame, written down by hand. */
export function rawFrame(kind: FrameKind, request: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(frameHeadBytes);
  head.writeUInt32LE(5 + payload.length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32LE(request, 5);
  return Buffer.concat([head, payload]);
}

/** Sends bytes to a port as they are, and resolves with what came back once `enough` is there or the peer hung up. */
export function exchange(port: number, bytes: Buffer, enough: (answer: Buffer) => boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer: Buffer = Buffer.alloc(0);
    const socket: Socket = connect(port, "127.0.0.1", () => void socket.write(bytes));
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("data", (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      if (enough(answer)) done();
    });
    socket.on("end", done);
    socket.on("error", reject);
  });
}
