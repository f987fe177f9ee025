import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../load/driver/free-port.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import { frameKind } from "../../src/protocol/frames.ts";
import { identityHeaders, linkHeaders } from "../../src/protocol/handshake.ts";
import { LinkCallError } from "../../src/root/leaf-link.ts";
import { yieldToLoop } from "../../src/time.ts";
import { demoDefinition, demoPlan, planBytes } from "../support/fake-replica.ts";
import {
  listening,
  rawFrame,
  scriptedPeer,
  searched,
  servedLeaf,
  type WatchedLink,
  watchedLink,
} from "../support/links.ts";
import { eventually } from "../support/up.ts";
import { virtualTime } from "../support/virtual-time.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function linkedLeaf(options: { queueLimit?: number; port?: number } = {}) {
  const served = await servedLeaf(options);
  ends.push(() => served.leaf.close(0));
  const watched = watchedLink({ url: served.url });
  ends.push(() => watched.link.close());
  await watched.until(({ connected }) => connected);
  return { ...served, ...watched };
}

async function peerLinked(
  script: Parameters<typeof scriptedPeer>[0],
  options: Partial<Parameters<typeof watchedLink>[0]> = {},
) {
  const peer = await scriptedPeer(script);
  ends.push(() => peer.close());
  const watched = watchedLink({ url: peer.url, ...options });
  ends.push(() => watched.link.close());
  return watched;
}

const address = { index: "demo", incarnation: 7, shard: 0 };

async function filled({ link }: WatchedLink, titles: readonly string[]): Promise<void> {
  await link.call("open", { definition: demoDefinition, shard: 0 }, { timeoutMs: 5000 });
  const changes = titles.map((title, i) => {
    const id = `d${i}`;
    return { kind: "put" as const, id, sequence: i + 1, source: Buffer.from(JSON.stringify({ id, title })) };
  });
  const body = encodeChanges(changes);
  await link.call("apply", { ...address, upTo: titles.length }, { timeoutMs: 5000, body });
}

describe("leaf link with a leaf", () => {
  it("knows who answers", async () => {
    const { link, leaf } = await linkedLeaf();
    expect(link.state()).toMatchObject({
      connected: true,
      trouble: undefined,
      leaf: { name: "leaf é", zone: "a", bootId: leaf.bootId },
    });
  });

  it("learns how far the leaf's clock is from its own, to half a round trip", async () => {
    const { link } = await linkedLeaf();
    await eventually("a ping was answered", async () => link.rttMs !== undefined);
    const { lowMs, highMs } = link.clockOffset() ?? { lowMs: Number.NaN, highMs: Number.NaN };
    // Both ends are in this process and have one clock.
    expect(lowMs).toBeLessThanOrEqual(0);
    expect(highMs).toBeGreaterThanOrEqual(0);
    expect(highMs - lowMs).toBeLessThanOrEqual((link.rttMs ?? 0) + 1);
    link.close();
    expect(link.clockOffset()).toBeUndefined();
  });

  it("names the write that frames leave in together", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    const first = linked.link.batch;
    const one = searched(linked.link, { plan: planBytes(demoPlan()) }).ended;
    expect(linked.link.batch).toBe(first);
    const two = searched(linked.link, { plan: planBytes(demoPlan()) }).ended;
    await Promise.all([one, two]);
    expect(linked.link.batch).toBeGreaterThan(first);
  });

  it("carries searches, with documents of any size, and calls", async () => {
    const linked = await linkedLeaf();
    const titles = ["small", "x".repeat(50_000), "é🌿"];
    await filled(linked, titles);
    const end = await searched(linked.link, { plan: planBytes(demoPlan()) }).ended;
    if (end.kind !== "reply") throw new Error(end.error.detail);
    const sources = titles.map((title, i) => JSON.stringify({ id: `d${i}`, title }));
    expect(end.documents).toBe(sources.join(""));
    expect(end.reply).toMatchObject({ outcome: "complete", documents: 3, sequence: 3 });
    expect(end.reply.documentSizesBytes).toEqual(sources.map((source) => Buffer.byteLength(source)));
    const { replicas } = await linked.link.call("status", {}, { timeoutMs: 5000 });
    expect(replicas).toMatchObject([{ ...address, documents: 3, sequence: 3 }]);
    expect(linked.link.inflight).toBe(0);
  });

  it("tells why a search brought nothing", async () => {
    const { link } = await linkedLeaf();
    const code = async (plan: Buffer, shard = 0): Promise<string> => {
      const end = await searched(link, { plan, shard }).ended;
      return end.kind === "error" ? end.error.code : "no error";
    };
    await link.call("open", { definition: demoDefinition, shard: 0 }, { timeoutMs: 5000 });
    expect(await code(planBytes(demoPlan()), 1)).toBe("unknown_shard");
    expect(await code(planBytes({ ...demoPlan(), incarnation: 6 }))).toBe("unknown_shard");
    expect(await code(Buffer.from("{"))).toBe("bad_plan");
    expect(await code(planBytes({ ...demoPlan(), fieldBoosts: [1, 1] }))).toBe("bad_plan");
    expect(await code(planBytes(demoPlan("crash")))).toBe("crashed");
    expect(await code(planBytes(demoPlan()))).toBe("no error");
  });

  it("stops the leaf's work with a cancel: what waits behind it gets its turn", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    let ended = false;
    const endless = searched(linked.link, { plan: planBytes(demoPlan("endless")) });
    void endless.ended.then(() => {
      ended = true;
    });
    const behind = searched(linked.link, { plan: planBytes(demoPlan()) });
    linked.link.cancel(endless.request ?? 0);
    expect((await behind.ended).kind).toBe("reply");
    expect(ended).toBe(false);
    expect(linked.link.inflight).toBe(0);
  });

  it("hears that a tied search started while it still runs", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    const request = await new Promise<number | undefined>((resolve) => {
      const tied = searched(linked.link, { plan: planBytes(demoPlan("endless")), tied: true }, () =>
        resolve(tied.request),
      );
    });
    expect(linked.link.inflight).toBe(1);
    linked.link.cancel(request ?? 0);
  });

  it("cuts a search off at its budget with what there is", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    const end = await searched(linked.link, { plan: planBytes(demoPlan("endless")), budgetMs: 100 }).ended;
    expect(end).toMatchObject({ kind: "reply", reply: { outcome: "truncated" } });
  });

  it("hears push-back from a leaf whose queue is full", async () => {
    const linked = await linkedLeaf({ queueLimit: 1 });
    await filled(linked, ["a"]);
    const sent = [1, 2, 3].map(() => searched(linked.link, { plan: planBytes(demoPlan("endless")) }));
    const end = await Promise.race(sent.map(({ ended }) => ended));
    expect(end).toMatchObject({ kind: "error", error: { code: "overloaded" } });
    for (const { request } of sent) linked.link.cancel(request ?? 0);
  });

  it("opens no socket and keeps nothing for ten thousand cancelled searches", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 100; i++) {
        const request = linked.link.search(
          { plan: planBytes(demoPlan("endless")), shard: 0, budgetMs: 60_000, tied: false },
          { onStarted: () => undefined, onReply: () => expect.unreachable(), onError: () => expect.unreachable() },
        );
        linked.link.cancel(request ?? 0);
      }
      await yieldToLoop();
    }
    expect((await searched(linked.link, { plan: planBytes(demoPlan()) }).ended).kind).toBe("reply");
    expect(linked.link.inflight).toBe(0);
    expect(linked.states.filter(({ connected }) => connected)).toHaveLength(1);
    expect(linked.leaf.links.size).toBe(1);
  });

  it("fails what is outstanding when the leaf goes, and comes back by itself", async () => {
    const linked = await linkedLeaf({ port: await freePort() });
    await filled(linked, ["a"]);
    const lost = searched(linked.link, { plan: planBytes(demoPlan("endless")) });
    await linked.leaf.close(0);
    expect(await lost.ended).toMatchObject({ kind: "error", error: { code: "disconnected" } });
    expect(searched(linked.link, { plan: planBytes(demoPlan()) }).request).toBeUndefined();
    await expect(linked.link.call("status", {}, { timeoutMs: 5000 })).rejects.toMatchObject({ code: "disconnected" });
    const again = await servedLeaf({ port: linked.port });
    ends.push(() => again.leaf.close(0));
    const back = await linked.until(({ leaf }) => leaf?.bootId === again.leaf.bootId);
    expect(back.connected).toBe(true);
    expect(await linked.link.call("status", {}, { timeoutMs: 5000 })).toEqual({ replicas: [] });
  });

  it("is told to go elsewhere before a leaf closes, and still gets its answers", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    let running: ReturnType<typeof searched> | undefined;
    await new Promise<void>((started) => {
      running = searched(linked.link, { plan: planBytes(demoPlan("endless")), budgetMs: 100, tied: true }, started);
    });
    const closing = linked.leaf.close(10_000);
    await linked.until(({ leaving }) => leaving);
    expect((await running?.ended)?.kind).toBe("reply");
    await closing;
    await linked.until(({ trouble }) => trouble !== undefined);
  });

  it("is told so at once where it comes up while a leaf closes", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    let request: number | undefined;
    await new Promise<void>((started) => {
      const search = { plan: planBytes(demoPlan("endless")), tied: true };
      request = searched(linked.link, search, started).request;
    });
    const closing = linked.leaf.close(60_000);
    const late = watchedLink({ url: linked.link.state().url });
    ends.push(() => late.link.close());
    await late.until(({ leaving }) => leaving);
    linked.link.cancel(request ?? 0);
    await closing;
  });

  it("tells which calls make no sense", async () => {
    const { link } = await linkedLeaf();
    await expect(link.call("apply", { ...address, upTo: 1 }, { timeoutMs: 5000 })).rejects.toMatchObject({
      name: "LinkCallError",
      code: "unknown_shard",
    });
    const wrong = JSON.parse(`{"index":"demo","incarnation":7,"shard":-1}`);
    await expect(link.call("close", wrong, { timeoutMs: 5000 })).rejects.toMatchObject({ code: "bad_call" });
    await expect(link.call("open", wrong, { timeoutMs: 5000 })).rejects.toBeInstanceOf(LinkCallError);
  });

  it("hangs up when it is closed, and stays down", async () => {
    const linked = await linkedLeaf();
    await filled(linked, ["a"]);
    const lost = searched(linked.link, { plan: planBytes(demoPlan("endless")) });
    linked.link.close();
    expect(await lost.ended).toMatchObject({ kind: "error", error: { code: "disconnected" } });
    expect(linked.link.connected).toBe(false);
  });
});

describe("leaf link with other peers", () => {
  it("reads what comes right behind the handshake", async () => {
    const watched = await peerLinked({ behindHandshake: rawFrame(frameKind.leaving, 0) });
    expect((await watched.until(({ leaving }) => leaving)).connected).toBe(true);
  });

  it("fails an answer that is cut in the middle", async () => {
    const watched = await peerLinked({
      onSocket: (socket) =>
        socket.on("data", (chunk: Buffer) => {
          if (chunk.includes("{}")) socket.end(rawFrame(frameKind.reply, 1, Buffer.alloc(500)).subarray(0, 200));
        }),
    });
    await watched.until(({ connected }) => connected);
    const end = await searched(watched.link, { plan: Buffer.from("{}") }).ended;
    expect(end).toMatchObject({ kind: "error", error: { code: "disconnected" } });
  });

  it.each([
    ["bytes that are no frame", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), /kind/],
    ["frames that only a root sends", rawFrame(frameKind.cancel, 1), /kind 2/],
    ["a failure without a code", rawFrame(frameKind.failure, 1, Buffer.from("3")), /no code/],
  ])("hangs up on %s", async (_name, bytes, trouble) => {
    const watched = await peerLinked({
      onSocket: (socket) => socket.on("data", (chunk: Buffer) => chunk.includes("{}") && socket.write(bytes)),
    });
    await watched.until(({ connected }) => connected);
    const end = await searched(watched.link, { plan: Buffer.from("{}") }).ended;
    expect(end).toMatchObject({ kind: "error", error: { code: "disconnected" } });
    expect((await watched.until((state) => state.trouble !== undefined)).trouble).toMatch(trouble);
  });

  it("drops answers that nobody waits for", async () => {
    const stray = [frameKind.reply, frameKind.started].map((kind) => rawFrame(kind, 77, Buffer.from("nonsense")));
    const watched = await peerLinked({
      behindHandshake: Buffer.concat([...stray, rawFrame(frameKind.leaving, 0)]),
    });
    await watched.until(({ leaving }) => leaving);
    expect(watched.link.connected).toBe(true);
  });

  it("names both versions when a leaf speaks another one", async () => {
    const watched = await peerLinked({
      headers: { ...identityHeaders({ name: "peer", bootId: "b" }), [linkHeaders.version]: "99" },
    });
    const { trouble } = await watched.until((state) => state.trouble !== undefined);
    expect(trouble).toContain("version 3");
    expect(trouble).toContain(`"99"`);
  });

  it("says what a server answered that takes no links", async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(426).end(JSON.stringify({ detail: "only version 99 here" }));
    });
    const url = `http://127.0.0.1:${await listening(server)}`;
    ends.push(() => server.close());
    const watched = watchedLink({ url });
    ends.push(() => watched.link.close());
    const { trouble } = await watched.until((state) => state.trouble !== undefined);
    expect(trouble).toBe("the leaf answered 426: only version 99 here");
  });

  it("gives up connecting by its own timer, without anyone waiting", async () => {
    const time = virtualTime();
    const watched = watchedLink({
      url: "http://127.0.0.1:9",
      timers: time.timers,
      settings: { connectTimeoutMs: 250 },
    });
    ends.push(() => watched.link.close());
    expect(searched(watched.link, { plan: Buffer.from("{}") }).request).toBeUndefined();
    time.advance(250);
    expect(watched.states.at(-1)?.trouble).toBe("no connection within 250 ms");
  });

  it("gives up on a peer that takes the connection and says nothing", async () => {
    const time = virtualTime();
    let taken = (): void => undefined;
    const connected = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const server = createTcpServer((socket) => socket.on("error", () => undefined).on("data", taken));
    const url = `http://127.0.0.1:${await listening(server)}`;
    ends.push(() => server.close());
    const watched = watchedLink({
      url,
      timers: time.timers,
      settings: { connectTimeoutMs: 250, handshakeTimeoutMs: 1000 },
    });
    ends.push(() => watched.link.close());
    await connected;
    time.advance(999);
    expect(watched.states).toEqual([]);
    time.advance(1);
    expect(watched.states.at(-1)?.trouble).toBe("no answer to the handshake within 1000 ms");
  });

  it("hangs up on a leaf that has fallen silent, by the clock", async () => {
    const time = virtualTime();
    const watched = await peerLinked({}, { clock: time.clock, timers: time.timers });
    await watched.until(({ connected }) => connected);
    const lost = searched(watched.link, { plan: Buffer.from("{}") });
    time.advance(2000);
    await yieldToLoop();
    expect(watched.link.connected).toBe(true);
    time.advance(1000);
    await yieldToLoop();
    expect(await lost.ended).toMatchObject({ kind: "error", error: { code: "disconnected", detail: /silent/ } });
  });

  it("takes no leaf for silent while nobody could have heard it: a machine that stood still keeps its links", async () => {
    const time = virtualTime();
    let stoodStillMs = 0;
    const clock = { nowMs: () => time.clock.nowMs() + stoodStillMs };
    const watched = await peerLinked({}, { clock, timers: time.timers });
    await watched.until(({ connected }) => connected);
    for (let i = 0; i < 3; i++) {
      stoodStillMs += 10_000;
      time.advance(1000);
      await yieldToLoop();
      expect(watched.link.connected).toBe(true);
    }
    time.advance(3000);
    await yieldToLoop();
    expect(watched.states.at(-1)?.trouble).toMatch(/silent/);
  });

  it("waits longer after every failure, never in step with others, and never longer than the limit", async () => {
    const time = virtualTime();
    const delaysMs: number[] = [];
    const timers: typeof time.timers = {
      after(delayMs, run) {
        delaysMs.push(delayMs);
        return time.timers.after(delayMs, run);
      },
    };
    const settings = { connectTimeoutMs: 5000, backoffMinMs: 50, backoffMaxMs: 1000 };
    const watched = watchedLink({ url: "http://127.0.0.1:9", timers, random: { next: () => 0.5 }, settings });
    ends.push(() => watched.link.close());
    for (let i = 0; i < 12; i++) time.advance(5000);
    expect(delaysMs.filter((delayMs) => delayMs !== 5000).slice(0, 8)).toEqual(
      [50, 100, 200, 400, 800, 1000, 1000, 1000].map((longestMs) => longestMs * 0.75),
    );
  });
});
