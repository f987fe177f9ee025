import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createLeaf } from "../../src/leaf/leaf.ts";
import { fakeReplicas } from "../support/fake-replica.ts";
import { said } from "../support/said.ts";
import { eventually } from "../support/up.ts";
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A leaf whose watches move with a time of their own; what listens does so for real. */
async function listeningLeaf(): Promise<{ time: VirtualTime; url: string }> {
  const time = virtualTime();
  const leaf = createLeaf({
    name: "leaf",
    openReplica: fakeReplicas().open,
    ...time,
    log: { level: "silent" },
    runtimeMetrics: false,
  });
  closing.push(() => leaf.close(0));
  return { time, url: await leaf.listen({ host: "127.0.0.1", port: 0 }) };
}

type Sent = { socket: Socket; heard: () => string; ended: Promise<string> };

/** Sends a request's head and the first letter of a body of nine. */
function begin(url: string, requestLine: string): Sent {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ended = said(socket);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString();
  });
  const head = [`${requestLine} HTTP/1.1`, "Host: 127.0.0.1", "content-type: application/json", "content-length: 9"];
  socket.write(`${head.join("\r\n")}\r\n\r\n{`);
  closing.push(() => socket.destroy());
  return { socket, heard: () => text, ended };
}

describe("a body that does not come", () => {
  it("is given up by a leaf, as by a root", async () => {
    const { time, url } = await listeningLeaf();
    const { ended } = begin(url, "POST /v1/shards/demo/0/search");
    await eventually("its body is watched", async () => time.pending > 0);
    time.advance(12_000);
    expect(await ended).toContain('"code":"timed_out"');
    const shown = await (await fetch(`${url}/metrics`)).text();
    expect(shown).toContain('hedgerow_http_callers_given_up_total{cause="slow_body"} 1\n');
    expect(shown).toContain('hedgerow_http_callers_given_up_total{cause="slow_answer"} 0\n');
  });

  it.each([["GET /livez"], ["GET /nowhere"]])(
    "is given up though its request is answered already: %s",
    async (line) => {
      const { time, url } = await listeningLeaf();
      const { socket, heard, ended } = begin(url, line);
      if (line.includes("livez")) await eventually("it is answered", async () => heard().includes("HTTP/1.1 200"));
      else await eventually("its body is watched", async () => time.pending > 0);
      time.advance(8000);
      socket.write(" ");
      expect(socket.destroyed).toBe(false);
      time.advance(4000);
      const answers = (await ended).match(/HTTP\/1\.1 \d+/g);
      expect(answers).toHaveLength(1);
    },
  );

  it("ends its connection where no route could be found for its address", async () => {
    const { url } = await listeningLeaf();
    const { ended } = begin(url, "POST /v1/shards/%zz/0/search");
    expect(await ended).toContain("HTTP/1.1 400");
  });
});
