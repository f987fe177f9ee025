import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { type LinkProxy, noTrouble, startLinkProxy } from "../../../load/faults/link-proxy.ts";
import { createFrameDecoder, type FrameKind, frameHeadBytes, frameKind } from "../../../src/protocol/frames.ts";
import { linkPath } from "../../../src/protocol/handshake.ts";
import { linkProtocol } from "../../../src/protocol/link.ts";
import { seededRandom, sleep, systemClock, systemTimers } from "../../../src/time.ts";

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function frame(kind: FrameKind, request: number, text: string): Buffer {
  const bytes = Buffer.alloc(frameHeadBytes + Buffer.byteLength(text));
  bytes.writeUInt32LE(bytes.length - 4, 0);
  bytes.writeUInt8(kind, 4);
  bytes.writeUInt32LE(request, 5);
  bytes.write(text, frameHeadBytes);
  return bytes;
}

/** A leaf that gives every search its own text back at once, and answers plain HTTP. */
async function echoLeaf(): Promise<number> {
  const sockets = new Set<Duplex>();
  const server = createServer((_request, response) => response.end("plain"));
  server.on("upgrade", (_request, socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    const decoder = createFrameDecoder((kind, request, payload) => {
      if (kind === frameKind.search) socket.write(frame(frameKind.reply, request, payload.toString()));
    });
    socket.on("data", (chunk: Buffer) => decoder.push(chunk));
    // The first frame comes with the handshake's end, as it may.
    const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${linkProtocol}\r\nConnection: Upgrade\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), frame(frameKind.ping, 0, "")]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the leaf listens on no port");
  return address.port;
}

type Reply = { text: string; tookMs: number };

/** The root's end of a link, which knows no more than frames. */
class Link {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (text: string) => void>();
  readonly upgraded: Promise<void>;
  closed = false;
  #requests = 0;

  constructor(port: number) {
    this.#socket = connect({ host: "127.0.0.1", port });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.upgraded = promise;
    let head: string | undefined = "";
    const decoder = createFrameDecoder((kind, request, payload) => {
      if (kind === frameKind.ping) resolve();
      else this.#waiting.get(request)?.(payload.toString());
    });
    this.#socket.on("data", (chunk: Buffer) => {
      if (head === undefined) return decoder.push(chunk);
      head += chunk.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      decoder.push(Buffer.from(head.slice(end + 4), "latin1"));
      head = undefined;
    });
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.closed = true;
    });
    this.#socket.write(
      `GET ${linkPath} HTTP/1.1\r\nHost: leaf\r\nConnection: Upgrade\r\nUpgrade: ${linkProtocol}\r\n\r\n`,
    );
    closing.push(() => void this.#socket.destroy());
  }

  /** Undefined where no reply comes in time. */
  search(text: string, limitMs: number): Promise<Reply | undefined> {
    const request = ++this.#requests;
    const startMs = systemClock.nowMs();
    this.#socket.write(frame(frameKind.search, request, text));
    return new Promise((resolve) => {
      const limit = systemTimers.after(limitMs, () => resolve(undefined));
      this.#waiting.set(request, (reply) => {
        limit.cancel();
        resolve({ text: reply, tookMs: systemClock.nowMs() - startMs });
      });
    });
  }
}

async function troubledLink(): Promise<{ proxy: LinkProxy; link: Link }> {
  const port = await echoLeaf();
  const proxy = await startLinkProxy({ host: "127.0.0.1", port, random: seededRandom(8), timers: systemTimers });
  closing.push(() => proxy.close());
  const link = new Link(proxy.port);
  await link.upgraded;
  return { proxy, link };
}

const patientMs = 20_000;

describe("a troubled way to a leaf", () => {
  test("without trouble it lets frames through as they are, and plain HTTP", async () => {
    const { link, proxy } = await troubledLink();
    const texts = ["", "a", "x".repeat(200_000), "ä€"];
    const replies = await Promise.all(texts.map((text) => link.search(text, patientMs)));
    expect(replies.map((reply) => reply?.text)).toEqual(texts);
    const plain = await fetch(`http://127.0.0.1:${proxy.port}/livez`);
    expect(await plain.text()).toBe("plain");
  });

  test("a delay holds every reply back, and a stall only its share, which others overtake", async () => {
    const { link, proxy } = await troubledLink();
    proxy.set({ ...noTrouble, delayMs: 60, jitterMs: 20 });
    const delayed = await Promise.all(["a", "b", "c"].map((text) => link.search(text, patientMs)));
    for (const reply of delayed) expect(reply?.tookMs).toBeGreaterThanOrEqual(58);

    proxy.set({ ...noTrouble, stallShare: 0.3, stallMs: 2_000 });
    const order: string[] = [];
    const texts = Array.from({ length: 60 }, (_, i) => `${i}`);
    const stalled = await Promise.all(
      texts.map(async (text) => {
        const reply = await link.search(text, patientMs);
        order.push(text);
        return reply;
      }),
    );
    expect(stalled.map((reply) => reply?.text)).toEqual(texts);
    const held = stalled.filter((reply) => (reply?.tookMs ?? 0) >= 1_990).length;
    expect(held).toBeGreaterThan(6);
    expect(held).toBeLessThan(36);
    expect(order).not.toEqual(texts);
  });

  test("a black hole swallows frames without any error; the connections that lost some do not outlive it", async () => {
    const { link, proxy } = await troubledLink();
    proxy.set({ ...noTrouble, blackhole: true });
    expect(await link.search("lost", 200)).toBeUndefined();
    expect(link.closed).toBe(false);
    proxy.set(noTrouble);
    for (let i = 0; i < 400 && !link.closed; i++) await sleep(25);
    expect(link.closed).toBe(true);
    const next = new Link(proxy.port);
    await next.upgraded;
    expect((await next.search("found", patientMs))?.text).toBe("found");
  });

  test("a cut ends every connection that stands, and takes new ones", async () => {
    const { link, proxy } = await troubledLink();
    proxy.cut();
    for (let i = 0; i < 400 && !link.closed; i++) await sleep(25);
    expect(link.closed).toBe(true);
    const next = new Link(proxy.port);
    await next.upgraded;
    expect((await next.search("found", patientMs))?.text).toBe("found");
  });
});
