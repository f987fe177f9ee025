import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { type LinkProxy, noTrouble, startLinkProxy } from "../../../load/faults/link-proxy.ts";
import { createFrameDecoder, type FrameKind, frameHeadBytes, frameKind } from "../../../src/protocol/frames.ts";
import { linkPath } from "../../../src/protocol/handshake.ts";
import { linkProtocol } from "../../../src/protocol/link.ts";
import { seededRandom, systemTimers } from "../../../src/time.ts";
import { type VirtualTime, virtualTime } from "../../support/virtual-time.ts";

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
  search(text: string, limitMs: number): Promise<string | undefined> {
    const request = ++this.#requests;
    this.#socket.write(frame(frameKind.search, request, text));
    return new Promise((resolve) => {
      const limit = systemTimers.after(limitMs, () => resolve(undefined));
      this.#waiting.set(request, (reply) => {
        limit.cancel();
        resolve(reply);
      });
    });
  }
}

async function troubledLink(): Promise<{ proxy: LinkProxy; link: Link; time: VirtualTime }> {
  const port = await echoLeaf();
  const time = virtualTime();
  const proxy = await startLinkProxy({ host: "127.0.0.1", port, random: seededRandom(8), timers: time.timers });
  closing.push(() => proxy.close());
  const link = new Link(proxy.port);
  await link.upgraded;
  return { proxy, link, time };
}

const patientMs = 60_000;

describe("a troubled way to a leaf", () => {
  test("without trouble it lets frames through as they are, and plain HTTP", async () => {
    const { link, proxy } = await troubledLink();
    const texts = ["", "a", "x".repeat(200_000), "ä€"];
    const replies = await Promise.all(texts.map((text) => link.search(text, patientMs)));
    expect(replies).toEqual(texts);
    const plain = await fetch(`http://127.0.0.1:${proxy.port}/livez`);
    expect(await plain.text()).toBe("plain");
  });

  test("a delay holds every reply back, and a stall only its share, which others overtake", async () => {
    const { link, proxy, time } = await troubledLink();
    proxy.set({ ...noTrouble, delayMs: 60, jitterMs: 20 });
    const delayed = ["a", "b", "c"].map((text) => link.search(text, patientMs));
    await expect.poll(() => time.pending).toBe(3);
    time.advance(59);
    expect(time.pending).toBe(3);
    time.advance(21);
    expect(await Promise.all(delayed)).toEqual(["a", "b", "c"]);

    proxy.set({ ...noTrouble, stallShare: 0.3, stallMs: 2_000 });
    const order: string[] = [];
    const texts = Array.from({ length: 60 }, (_, i) => `${i}`);
    const stalled = texts.map(async (text) => {
      const reply = await link.search(text, patientMs);
      order.push(text);
      return reply;
    });
    await expect.poll(() => order.length + time.pending).toBe(texts.length);
    const held = time.pending;
    expect(held).toBeGreaterThan(6);
    expect(held).toBeLessThan(36);
    time.advance(1_999);
    expect(time.pending).toBe(held);
    time.advance(1);
    expect(await Promise.all(stalled)).toEqual(texts);
    expect(order).not.toEqual(texts);
  });

  test("a black hole swallows frames without any error; the connections that lost some do not outlive it", async () => {
    const { link, proxy } = await troubledLink();
    proxy.set({ ...noTrouble, blackhole: true });
    expect(await link.search("lost", 200)).toBeUndefined();
    expect(link.closed).toBe(false);
    proxy.set(noTrouble);
    await expect.poll(() => link.closed).toBe(true);
    const next = new Link(proxy.port);
    await next.upgraded;
    expect(await next.search("found", patientMs)).toBe("found");
  });

  test("a cut ends every connection that stands, and takes new ones", async () => {
    const { link, proxy } = await troubledLink();
    proxy.cut();
    await expect.poll(() => link.closed).toBe(true);
    const next = new Link(proxy.port);
    await next.upgraded;
    expect(await next.search("found", patientMs)).toBe("found");
  });
});
