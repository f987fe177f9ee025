import { afterEach, describe, expect, it } from "vitest";
import { frameHeadBytes, frameKind, pongBytes } from "../../src/protocol/frames.ts";
import { systemClock } from "../../src/time.ts";
import { demoPlan, planBytes } from "../support/fake-replica.ts";
import { exchange, rawFrame, servedLeaf } from "../support/links.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function leafPort(): Promise<number> {
  const { leaf, port } = await servedLeaf();
  ends.push(() => leaf.close(0));
  return port;
}

function request(headers: readonly string[], line = "GET /v1/link HTTP/1.1"): Buffer {
  return Buffer.from(`${[line, "Host: leaf", ...headers].join("\r\n")}\r\n\r\n`);
}

const upgrade = ["Connection: Upgrade", "Upgrade: hedgerow-link"];
const handshake = request([...upgrade, "Hedgerow-Link-Version: 3"]);
const hungUp = (): boolean => false;
const headEnd = "\r\n\r\n";

/** What follows the answer's head. */
function behindHead(answer: Buffer): Buffer {
  const end = answer.indexOf(headEnd);
  return end === -1 ? Buffer.alloc(0) : answer.subarray(end + headEnd.length);
}

function searchPayload(plan: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head.writeFloatLE(60_000, 0);
  return Buffer.concat([head, plan]);
}

/** A pong and nothing else, with what this process's clock says. */
function expectPong(answer: Buffer, request: number): void {
  const frame = behindHead(answer);
  const payload = frame.subarray(frameHeadBytes);
  expect(frame).toEqual(rawFrame(frameKind.pong, request, payload));
  expect(payload).toHaveLength(pongBytes);
  const ageMs = systemClock.nowMs() - payload.readDoubleLE(0);
  expect(ageMs).toBeGreaterThanOrEqual(0);
  expect(ageMs).toBeLessThan(60_000);
}

describe("a leaf's end of the link", () => {
  it("says who it is", async () => {
    const answer = await exchange(await leafPort(), handshake, (bytes) => bytes.includes(headEnd));
    const text = answer.toString();
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).toContain("hedgerow-link-version: 3\r\n");
    expect(text).toContain(`hedgerow-leaf: ${encodeURIComponent("leaf é")}\r\n`);
    expect(text).toContain("hedgerow-zone: a\r\n");
    expect(text).toMatch(/hedgerow-boot: \S+\r\n/);
  });

  it("reads frames that came in one packet with the handshake", async () => {
    const bytes = Buffer.concat([handshake, rawFrame(frameKind.ping, 42)]);
    const answer = await exchange(
      await leafPort(),
      bytes,
      (all) => behindHead(all).length >= frameHeadBytes + pongBytes,
    );
    expectPong(answer, 42);
  });

  it.each([
    ["another version", ["Hedgerow-Link-Version: 1"], 426, [/version 3/, /\\"1\\"/]],
    ["no version", [], 426, [/version 3/, /no version/]],
  ])("refuses %s, naming both", async (_name, headers, status, texts) => {
    const answer = (await exchange(await leafPort(), request([...upgrade, ...headers]), hungUp)).toString();
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain("application/problem+json");
    for (const text of texts) expect(answer).toMatch(text);
    expect(JSON.parse(behindHead(Buffer.from(answer)).toString())).toMatchObject({ status, code: "invalid_request" });
  });

  it.each(["POST /v1/link HTTP/1.1", "GET /v1/other HTTP/1.1"])("refuses %s", async (line) => {
    const bytes = request([...upgrade, "Hedgerow-Link-Version: 3"], line);
    const answer = (await exchange(await leafPort(), bytes, hungUp)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("/v1/link");
  });

  it("answers requests that offer an upgrade to something else as if they did not", async () => {
    const bytes = request(["Connection: Upgrade, close", "Upgrade: h2c"], "GET /livez HTTP/1.1");
    const answer = (await exchange(await leafPort(), bytes, hungUp)).toString();
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ["garbage", Buffer.from("\0\0\0\0\xff garbage garbage")],
    ["a frame that is too large", Buffer.concat([Buffer.from([255, 255, 255, 255]), Buffer.from([1, 0, 0, 0, 0])])],
    ["frames that only a leaf sends", rawFrame(frameKind.reply, 1, Buffer.alloc(8))],
    ["a search cut short", rawFrame(frameKind.search, 1, Buffer.alloc(3))],
    ["a call without a name", rawFrame(frameKind.call, 1, Buffer.from([2, 0, 0, 0, 0x7b, 0x7d]))],
    [
      "one number for two searches",
      Buffer.concat([1, 1].map((n) => rawFrame(frameKind.search, n, searchPayload(planBytes(demoPlan("endless")))))),
    ],
  ])("hangs up on %s and serves on", async (_name, bytes) => {
    const port = await leafPort();
    const answer = await exchange(port, Buffer.concat([handshake, bytes]), hungUp);
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 /);
    const again = Buffer.concat([handshake, rawFrame(frameKind.ping, 1)]);
    const pong = await exchange(port, again, (all) => behindHead(all).length >= frameHeadBytes + pongBytes);
    expectPong(pong, 1);
  });

  it("ignores a cancel for what it does not know", async () => {
    const frames = [rawFrame(frameKind.cancel, 9), rawFrame(frameKind.ping, 1)];
    const bytes = Buffer.concat([handshake, ...frames]);
    const answer = await exchange(
      await leafPort(),
      bytes,
      (all) => behindHead(all).length >= frameHeadBytes + pongBytes,
    );
    expectPong(answer, 1);
  });
});
