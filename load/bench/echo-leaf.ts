import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { acceptLinks } from "../../src/leaf/link.ts";
import { wholeSlice } from "../../src/protocol/bytes.ts";
import type { ShardReply } from "../../src/protocol/link.ts";
import { systemClock } from "../../src/time.ts";

/** A leaf that speaks the link and searches nothing: what a fan-out costs before any search is done. */
export type EchoLeaf = { url: string; port: number; close(): void };

const hitCount = 10;
const documentSizeBytes = 130;

/** Answers each search, as soon as it came, with the same reply of some 2 KB. Any port for `port` 0. */
export function startEchoLeaf({ name, port }: { name: string; port: number }): Promise<EchoLeaf> {
  const server = createServer((_request, response) => response.end("echo"));
  const reply = cannedReply();
  const documents = reply.hits.map(({ id }) => wholeSlice(cannedDocument(id)));
  const links = acceptLinks({
    server,
    identity: { name, bootId: name },
    service: {
      searches: {
        submit({ request, replyTo }) {
          replyTo.reply(request, reply, documents);
          return true;
        },
        has: () => false,
        cancel: () => false,
        cancelAll: () => undefined,
      },
      call: async ({ name: call }) => ({ kind: "failed", error: { code: "bad_call", detail: `no ${call} here` } }),
    },
    clock: systemClock,
    log: { warn: () => undefined, info: () => undefined },
  });
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const bound = addressOf(server).port;
      const close = (): void => {
        links.close();
        server.close();
      };
      resolve({ url: `http://127.0.0.1:${bound}`, port: bound, close });
    });
  });
}

function cannedReply(): ShardReply {
  const hits = Array.from({ length: hitCount }, (_, i) => ({ id: `n0270000${i}`, score: 12.482910156 - i / 7 }));
  return {
    outcome: "complete",
    documents: 29_450,
    documentsTotal: 29_450,
    sequence: 117_791,
    total: 1204,
    totalExact: true,
    hits,
    documentSizesBytes: hits.map(() => documentSizeBytes),
    queuedMs: 0.0731,
    tookMs: 0.2214,
  };
}

function cannedDocument(id: string): Uint8Array {
  const start = `{"id":"${id}","title":"echo","body":"`;
  return Buffer.from(`${start.padEnd(documentSizeBytes - 2, "x")}"}`);
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address;
}

if (import.meta.main) {
  const [name = "echo", port = "0"] = process.argv.slice(2);
  const leaf = await startEchoLeaf({ name, port: Number(port) });
  process.stdout.write(`${JSON.stringify({ url: leaf.url, pid: process.pid })}\n`);
  process.once("SIGTERM", () => leaf.close());
}
