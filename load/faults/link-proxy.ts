import { createServer, connect as openSocket, type Server, type Socket } from "node:net";
import { createFrameDecoder, type FrameKind, frameHeadBytes, frameKind } from "../../src/protocol/frames.ts";
import type { Random, Timers } from "../../src/time.ts";

/** What befalls the way between a root and one leaf. */
export type LinkTrouble = {
  /** Every reply is held back this long, and by up to as much more as the jitter. */
  delayMs: number;
  jitterMs: number;
  /** This share of the replies is held back this long; those behind them overtake them. */
  stallShare: number;
  stallMs: number;
  /** Nothing arrives at either end any more, while the connections stand. */
  blackhole: boolean;
};

export const noTrouble: LinkTrouble = { delayMs: 0, jitterMs: 0, stallShare: 0, stallMs: 0, blackhole: false };

/** A way to one leaf that can be troubled. */
export type LinkProxy = {
  readonly port: number;
  set(trouble: LinkTrouble): void;
  /** Breaks every connection that stands. */
  cut(): void;
  close(): Promise<void>;
};

export type LinkProxyOptions = { host: string; port: number; random: Random; timers: Timers };

/** Starts a way to the leaf at `host` and `port`, untroubled at first. */
export function startLinkProxy({ host, port, random, timers }: LinkProxyOptions): Promise<LinkProxy> {
  const passages = new Set<Passage>();
  let trouble = noTrouble;
  const server = createServer({ noDelay: true }, (near) => {
    const passage = new Passage(near, openSocket({ host, port, noDelay: true }), {
      random,
      timers,
      trouble: () => trouble,
    });
    passages.add(passage);
    passage.onEnd = () => passages.delete(passage);
  });
  const cut = (): void => {
    for (const passage of passages) passage.end();
  };
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, () =>
      resolve({
        port: portOf(server),
        set(next) {
          const healed = trouble.blackhole && !next.blackhole;
          trouble = next;
          // What was swallowed is missing in the middle of the frames: these connections cannot be saved.
          if (healed) for (const passage of passages) if (passage.hasLost) passage.end();
        },
        cut,
        close() {
          cut();
          return new Promise((closed) => server.close(() => closed()));
        },
      }),
    );
  });
}

type PassageParts = { random: Random; timers: Timers; trouble: () => LinkTrouble };

const handshakeEnd = Buffer.from("\r\n\r\n");
const upgraded = "HTTP/1.1 101";

/** One connection: bytes towards the leaf as they come, replies towards the root frame by frame. */
class Passage {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #parts: PassageParts;
  readonly #decoder = createFrameDecoder((kind, request, payload) => this.#onFrame(kind, request, payload));
  #handshake: Buffer | undefined = Buffer.alloc(0);
  #framed = false;
  hasLost = false;
  onEnd: () => void = () => undefined;

  constructor(near: Socket, far: Socket, parts: PassageParts) {
    this.#near = near;
    this.#far = far;
    this.#parts = parts;
    near.on("data", (chunk: Buffer) => {
      if (!this.#isLost()) far.write(chunk);
    });
    far.on("data", (chunk: Buffer) => {
      if (!this.#isLost()) this.#onFar(chunk);
    });
    for (const socket of [near, far]) {
      socket.on("error", () => this.end());
      socket.on("close", () => this.end());
    }
  }

  end(): void {
    this.#near.destroy();
    this.#far.destroy();
    this.onEnd();
  }

  #isLost(): boolean {
    const lost = this.#parts.trouble().blackhole;
    if (lost) this.hasLost = true;
    return lost;
  }

  /** Until the handshake is through, and for plain HTTP, bytes are bytes. */
  #onFar(chunk: Buffer): void {
    if (this.#framed) {
      this.#decoder.push(chunk);
      return;
    }
    if (this.#handshake === undefined) {
      this.#near.write(chunk);
      return;
    }
    const seen = Buffer.concat([this.#handshake, chunk]);
    const end = seen.indexOf(handshakeEnd);
    this.#handshake = end < 0 ? seen : undefined;
    if (end < 0) return;
    this.#framed = seen.toString("latin1", 0, upgraded.length) === upgraded;
    const headBytes = this.#framed ? end + handshakeEnd.length : seen.length;
    this.#near.write(seen.subarray(0, headBytes));
    if (headBytes < seen.length) this.#decoder.push(seen.subarray(headBytes));
  }

  #onFrame(kind: FrameKind, request: number, payload: Buffer): void {
    const { random, timers, trouble } = this.#parts;
    const heldMs = kind === frameKind.reply ? heldBackMs(trouble(), random) : 0;
    if (heldMs <= 0) this.#forward(kind, request, payload);
    // A decoder may reuse nothing of what it gave, but a chunk of 64 KiB is not to be kept for one small reply.
    else {
      const kept = Buffer.from(payload);
      timers.after(heldMs, () => this.#forward(kind, request, kept));
    }
  }

  #forward(kind: FrameKind, request: number, payload: Buffer): void {
    if (this.#near.destroyed) return;
    const head = Buffer.allocUnsafe(frameHeadBytes);
    head.writeUInt32LE(frameHeadBytes - 4 + payload.length, 0);
    head.writeUInt8(kind, 4);
    head.writeUInt32LE(request, 5);
    this.#near.cork();
    this.#near.write(head);
    this.#near.write(payload);
    this.#near.uncork();
  }
}

function heldBackMs({ delayMs, jitterMs, stallShare, stallMs }: LinkTrouble, random: Random): number {
  const stalledMs = stallShare > 0 && random.next() < stallShare ? stallMs : 0;
  return stalledMs + delayMs + (jitterMs > 0 ? jitterMs * random.next() : 0);
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy listens on no port");
  return address.port;
}
