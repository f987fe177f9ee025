import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { acceptLinks } from "../../src/leaf/link.ts";
import { createMemoryGuard } from "../../src/leaf/memory.ts";
import { wholeSlice } from "../../src/protocol/bytes.ts";
import { frameKind } from "../../src/protocol/frames.ts";
import { identityHeaders } from "../../src/protocol/handshake.ts";
import { nestsDeeper } from "../../src/protocol/json-depth.ts";
import { CallerWatch } from "../../src/security/caller-watch.ts";
import { refuseConnection } from "../../src/security/client-error.ts";
import { connectionsFor, listenerFactory } from "../../src/security/listener.ts";
import { sleep, systemClock } from "../../src/time.ts";
import { ndjson, startCluster, type TestCluster } from "../support/cluster.ts";
import { listening, rawFrame, scriptedPeer, watchedLink } from "../support/links.ts";
import { said } from "../support/said.ts";
import { eventually } from "../support/up.ts";
import { virtualTime } from "../support/virtual-time.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("slow callers", () => {
  it("are given up while they send a request's head a byte at a time", async () => {
    const server = listenerFactory(undefined, { headMs: 100 })((_request, response) => void response.end("fine"));
    server.on("clientError", (error, socket) => refuseConnection(error, socket as Socket));
    const port = await listening(server);
    closing.push(() => server.close());
    const socket = connect(port, "127.0.0.1");
    const answer = said(socket);
    const trickle = async (): Promise<void> => {
      for (const letter of "GET / HTTP/1.1\r\nHost: x\r\nX-Long: ".padEnd(2000, "a")) {
        if (socket.destroyed) return;
        socket.write(letter);
        await sleep(20);
      }
    };
    void trickle();
    expect(await answer).toContain('"code":"timed_out"');
    await eventually("others are served", async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 200);
  });

  it("are given up while they send a body too slowly, and not while they send a large one well", async () => {
    const pace = { body: { graceMs: 500, bytesPerS: 64 * 1024 } };
    const time = virtualTime();
    const callers = new CallerWatch({ ...time, pace });
    let takenBytes = 0;
    let onTaken = (): void => undefined;
    const server = createServer((request, response) => {
      callers.begin({ request, response }, () => ({ traceId: "", tookMs: 0, headers: {} }));
      request.on("data", (piece: Buffer) => {
        takenBytes += piece.length;
        onTaken();
      });
      request.on("end", () => response.end("done"));
    });
    const port = await listening(server);
    closing.push(
      () => server.close(),
      () => callers.close(),
    );
    const taken = (bytes: number): Promise<void> =>
      new Promise((resolve) => {
        onTaken = () => {
          if (takenBytes >= bytes) resolve();
        };
      });
    const send = async (pieceBytes: number, everyMs: number, pieces: number): Promise<string> => {
      takenBytes = 0;
      const socket = connect(port, "127.0.0.1");
      const answer = said(socket);
      const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${pieceBytes * pieces}\r\n\r\n`;
      socket.write(head);
      for (let i = 1; i <= pieces && !socket.destroyed; i++) {
        socket.write(Buffer.alloc(pieceBytes));
        await Promise.race([taken(i * pieceBytes), answer]);
        time.advance(everyMs);
      }
      return answer;
    };
    expect(await send(1, 20, 1000)).toContain('"code":"timed_out"');
    expect(await send(32 * 1024, 20, 150)).toContain("done");
  });
});

describe("links", () => {
  it("are cut by a leaf that hears nothing of a root, and its searches with them", async () => {
    const server = createServer();
    const links = acceptLinks({
      server,
      identity: { name: "leaf", bootId: "b" },
      service: {
        searches: { submit: () => true, has: () => false, cancel: () => false, cancelAll: () => undefined },
        call: async () => ({ kind: "answered", result: {} }),
      },
      clock: systemClock,
      log: { warn: () => undefined, info: () => undefined },
      silenceMs: 2000,
    });
    const port = await listening(server);
    closing.push(() => server.close());
    const lively = watchedLink({ url: `http://127.0.0.1:${port}`, settings: { pingEveryMs: 50 } });
    closing.push(() => lively.link.close());
    await lively.until(({ connected }) => connected);
    const silent = watchedLink({
      url: `http://127.0.0.1:${port}`,
      settings: { pingEveryMs: 60_000, backoffMinMs: 30_000, backoffMaxMs: 60_000 },
    });
    closing.push(() => silent.link.close());
    await silent.until(({ connected }) => connected);
    await eventually("the silent link is gone", async () => links.size === 1);
    expect(silent.link.connected).toBe(false);
    expect(lively.link.connected).toBe(true);
    expect(lively.states.filter(({ connected }) => !connected)).toHaveLength(0);
  });

  it("are cut by a root where a leaf is half open: it takes everything and says nothing", async () => {
    const peer = await scriptedPeer({ headers: identityHeaders({ name: "mute", bootId: "b" }) });
    closing.push(() => peer.close());
    const watched = watchedLink({
      url: peer.url,
      settings: { pingEveryMs: 50, silenceMaxMs: 200, backoffMinMs: 30_000, backoffMaxMs: 30_000 },
    });
    closing.push(() => watched.link.close());
    const state = await watched.until(({ trouble }) => trouble?.includes("silent") === true);
    expect(state.connected).toBe(false);
  });

  it("fail by themselves where what is found would not fit into a frame, and leave the link as it is", async () => {
    const server = createServer();
    const document = Buffer.alloc(1 << 20, " ");
    const value = "é".repeat(1 << 19);
    const values = (count: number) => Array.from({ length: count }, (): [string, number] => [value, 1]);
    acceptLinks({
      server,
      identity: { name: "leaf", bootId: "b" },
      service: {
        searches: {
          submit({ request, replyTo, shard, budgetMs }) {
            const sources = Array.from({ length: budgetMs }, () => document);
            const facet = { values: values(budgetMs), missing: 0, rest: 0, error: 0 };
            const byFacet = { ...emptyReply, ...hitsFor([]), facets: [facet] };
            if (shard === 1) replyTo.reply(request, byFacet, []);
            else replyTo.reply(request, { ...emptyReply, ...hitsFor(sources) }, sources.map(wholeSlice));
            return true;
          },
          has: () => false,
          cancel: () => false,
          cancelAll: () => undefined,
        },
        call: async () => ({ kind: "answered", result: {} }),
      },
      clock: systemClock,
      log: { warn: () => undefined, info: () => undefined },
    });
    const port = await listening(server);
    closing.push(() => server.close());
    const watched = watchedLink({ url: `http://127.0.0.1:${port}` });
    closing.push(() => watched.link.close());
    await watched.until(({ connected }) => connected);
    const ask = (documents: number, shard = 0): Promise<string> => {
      return new Promise((resolve) => {
        const handler = {
          onStarted: () => undefined,
          onReply: () => resolve("reply"),
          onError: (_request: number, { code }: { code: string }) => resolve(code),
        };
        watched.link.search({ plan: Buffer.from("{}"), shard, budgetMs: documents, tied: false }, handler);
      });
    };
    expect(await ask(64)).toBe("too_large");
    expect(await ask(63)).toBe("reply");
    expect(await ask(64, 1)).toBe("too_large");
    expect(await ask(63, 1)).toBe("reply");
    expect(watched.states.filter(({ connected }) => !connected)).toHaveLength(0);
  });

  it.each([
    ["a frame larger than any may be", () => rawFrame(frameKind.reply, 1).fill(0xff, 0, 4)],
    ["a head that nests without end", () => rawFrame(frameKind.failure, 1, Buffer.alloc(100_000, "["))],
  ])("are cut by a root that is sent %s, at once and without holding it", async (_what, bytes) => {
    const peer = await scriptedPeer({ onSocket: (socket) => void socket.on("data", () => socket.write(bytes())) });
    closing.push(() => peer.close());
    const watched = watchedLink({ url: peer.url, settings: { backoffMinMs: 30_000, backoffMaxMs: 30_000 } });
    closing.push(() => watched.link.close());
    await watched.until(({ connected }) => connected);
    const ended = new Promise<string>((resolve) => {
      const handler = { onStarted: () => undefined, onReply: () => resolve("reply"), onError: () => resolve("error") };
      watched.link.search({ plan: Buffer.from("{}"), shard: 0, budgetMs: 1000, tied: false }, handler);
    });
    expect(await ended).toBe("error");
    await watched.until(({ connected, trouble }) => !connected && trouble !== "not connected yet");
  });
});

describe("what one caller may ask", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ leaves: 1, flags: ["--document-bytes-max", "20000", "--replicas", "1"] });
    const fields = { title: { type: "text" } };
    await cluster.request("PUT", "/v1/indexes/books", { fields });
    await cluster.load("books", [{ id: "1", title: "wind" }]);
  });
  afterAll(() => cluster.close());

  const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

  it.each<[string, string, unknown, number, string]>([
    [
      "a query of more characters than anybody types",
      "/v1/indexes/books/search",
      { query: "a".repeat(10_001) },
      400,
      "invalid_request",
    ],
    [
      "more words than a plan holds",
      "/v1/indexes/books/search",
      { query: Array.from({ length: 1500 }, (_, i) => `w${i}`).join(" ") },
      400,
      "invalid",
    ],
    [
      "a filter that nests too deep",
      "/v1/indexes/books/search",
      `{"filter":{"or":${deep(80)}}}`,
      400,
      "invalid_request",
    ],
    ["a megabyte of brackets", "/v1/indexes/books/search", "[".repeat(1 << 20), 400, "invalid_request"],
    ["a name that poisons prototypes", "/v1/indexes/books/search", '{"__proto__":{"size":1}}', 400, "invalid_request"],
    [
      "too many fields in an index",
      "/v1/indexes/many",
      { fields: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`f${i}`, { type: "text" }])) },
      400,
      "invalid_request",
    ],
  ])("is not %s", async (_what, path, body, status, code) => {
    const answer = await cluster.request(path.endsWith("many") ? "PUT" : "POST", path, body);
    expect(answer.status).toBe(status);
    expect(answer.body.code).toContain(code);
  });

  it("is not a document that is too large or too deep; the others of a bulk request are taken", async () => {
    const lines = [
      '{"id":"ok","title":"wind"}',
      `{"id":"deep","x":${deep(80)}}`,
      `{"id":"large","x":"${"a".repeat(20_000)}"}`,
    ];
    for (const sent of [ndjson(lines.join("\n")), `[${lines.join(",")}]`]) {
      const { status, body } = await cluster.request("POST", "/v1/indexes/books/documents", sent);
      expect(status).toBe(200);
      expect(body.accepted).toBe(1);
      expect(body.rejected).toMatchObject([{ line: 2 }, { line: 3 }]);
    }
    const alone = await cluster.request("PUT", "/v1/indexes/books/documents/x", { x: "a".repeat(20_000) });
    expect([alone.status, alone.body.code]).toEqual([413, "too_large"]);
  });

  it("is told to browsers as data that nothing may run, frame or sniff", async () => {
    for (const path of ["/livez", "/v1/indexes/books/search?q=wind", "/v1/nothing"]) {
      const { headers } = await cluster.request("GET", path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("is no form that a page elsewhere could send", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const response = await fetch(`${cluster.url}/v1/aliases`, {
        method: "POST",
        headers: { "content-type": type },
        body: '{"set":{"a":"books"}}',
      });
      expect(response.status).toBe(415);
    }
  });

  it("is measured for depth as JSON.parse would see it", () => {
    const nest = (levels: number): Buffer => Buffer.from(`{"a":"[[[[\\"{{{","b":${deep(levels - 1)}}`);
    expect(nestsDeeper(nest(64), 64)).toBe(false);
    expect(nestsDeeper(nest(65), 64)).toBe(true);
  });
});

describe("a leaf's memory", () => {
  it("admits what fits beside a merge of the largest replica, and says what would help where it does not", () => {
    const mebibyte = 1024 * 1024;
    let held = [10 * mebibyte, 50 * mebibyte];
    const guard = createMemoryGuard(320 * mebibyte, () => held);
    expect(guard.problem(mebibyte)).toBeUndefined();
    expect(guard.problem(40 * mebibyte)).toContain("--memory-bytes-max");
    held = [10 * mebibyte, 60 * mebibyte];
    expect(guard.problem(0)).toContain("full");
  });

  it("counts no more of a replica than is ever merged at once", () => {
    const gibibyte = 1024 ** 3;
    const held = [3 * gibibyte];
    expect(createMemoryGuard(6 * gibibyte, () => held).problem(0)).toBeUndefined();
    expect(createMemoryGuard(5 * gibibyte, () => held).problem(0)).toContain("full");
  });
});

describe("descriptors", () => {
  it("are left for the log and the links, however few there are", () => {
    expect(connectionsFor(1024)).toBe(768);
    expect(connectionsFor(64)).toBe(32);
    expect(connectionsFor(8)).toBe(1);
  });
});

const emptyReply = {
  outcome: "complete",
  documents: 1,
  documentsTotal: 1,
  sequence: 1,
  total: 1,
  totalExact: true,
  queuedMs: 0,
  tookMs: 0,
} as const;

function hitsFor(sources: readonly Uint8Array[]): {
  hits: { id: string; score: number }[];
  documentSizesBytes: number[];
} {
  return {
    hits: sources.map((_, i) => ({ id: String(i), score: 1 })),
    documentSizesBytes: sources.map(({ length }) => length),
  };
}
