import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { CallerWatch, type GivenUpCause } from "../../src/security/caller-watch.ts";
import { listening } from "../support/links.ts";
import { said } from "../support/said.ts";
import { eventually } from "../support/up.ts";
import { virtualTime } from "../support/virtual-time.ts";

describe("a caller over a real socket", () => {
  let close: () => void = () => undefined;
  afterEach(() => close());

  it("is given up where it reads nothing of a large answer, and not where it does", async () => {
    const givenUp: GivenUpCause[] = [];
    const time = virtualTime();
    const callers = new CallerWatch({
      onGivenUp: (cause) => void givenUp.push(cause),
      ...time,
      pace: { answer: { graceMs: 300, bytesPerS: 1 << 30, waitingBytesMax: 1 << 30 } },
    });
    const answer = "x".repeat(16 << 20);
    const server = createServer((request, response) => {
      callers.begin({ request, response }, () => ({ traceId: "", tookMs: 0, headers: {} }));
      response.end(answer);
    });
    const port = await listening(server);
    close = () => {
      callers.close();
      server.closeAllConnections();
      server.close();
    };
    const head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const deaf = connect(port, "127.0.0.1", () => void deaf.pause().write(head));
    deaf.on("error", () => undefined);
    await once(server, "request");
    const eager = connect(port, "127.0.0.1", () => void eager.write(head));
    eager.once("data", () => time.advance(250));
    expect((await said(eager)).length).toBeGreaterThan(answer.length);
    time.advance(1_000);
    const standing = (): Promise<number> => new Promise((resolve) => server.getConnections((_e, n) => resolve(n)));
    await eventually("the deaf one is gone", async () => (await standing()) === 0);
    expect(givenUp).toEqual(["slow_answer"]);
    deaf.destroy();
  });
});
