import { createServer } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Answering, AnswerWatch } from "../../src/security/answer-watch.ts";
import { CallerWatch } from "../../src/security/caller-watch.ts";
import { systemClock, systemTimers } from "../../src/time.ts";
import { listening } from "../support/links.ts";
import { said } from "../support/said.ts";
import { eventually } from "../support/up.ts";
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts";

const kibibyte = 1024;
const pace = { graceMs: 10_000, bytesPerS: kibibyte, waitingBytesMax: 100 * kibibyte };

/** A connection whose caller takes what it is made to take. */
class Caller {
  destroyed = false;
  bytesWritten = 0;
  writableLength = 0;

  write(sizeBytes: number): void {
    this.bytesWritten += sizeBytes;
    this.writableLength += sizeBytes;
  }

  take(sizeBytes: number): void {
    this.writableLength -= sizeBytes;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

/** An answer of its own size that waits before its connection takes it over, beside what the connection has. */
function answering(caller: Caller, queuedBytes = 0): Answering {
  const response = {
    closed: false,
    get writableLength() {
      return queuedBytes + (queuedBytes === 0 ? caller.writableLength : 0);
    },
  };
  return { request: { socket: caller }, response };
}

function watching(): { time: VirtualTime; watch: AnswerWatch } {
  const time = virtualTime();
  return { time, watch: new AnswerWatch({ ...time, pace }) };
}

describe("an answer that nobody reads", () => {
  it("is given up with its connection after its grace and the time that its bytes would take", () => {
    const { time, watch } = watching();
    const [small, large] = [new Caller(), new Caller()];
    for (const caller of [small, large]) watch.begin(answering(caller));
    small.write(kibibyte);
    large.write(20 * kibibyte);
    time.advance(10_500);
    expect([small.destroyed, large.destroyed]).toEqual([false, false]);
    time.advance(2000);
    expect([small.destroyed, large.destroyed]).toEqual([true, false]);
    time.advance(20_000);
    expect(large.destroyed).toBe(true);
    expect(time.pending).toBe(0);
  });

  it("is none while it is still being made, however long that takes", () => {
    const { time, watch } = watching();
    const caller = new Caller();
    const number = watch.begin(answering(caller));
    time.advance(600_000);
    caller.write(kibibyte);
    time.advance(10_000);
    expect(caller.destroyed).toBe(false);
    watch.end(number);
    time.advance(600_000);
    expect([caller.destroyed, time.pending]).toEqual([false, 0]);
  });

  it("is none while a slow caller takes a stream of it piece by piece, each as large as the one before", () => {
    const { time, watch } = watching();
    const caller = new Caller();
    watch.begin(answering(caller));
    for (let page = 0; page < 20; page++) {
      caller.write(8 * kibibyte);
      time.advance(15_000);
      caller.take(8 * kibibyte);
    }
    expect(caller.destroyed).toBe(false);
    caller.write(8 * kibibyte);
    time.advance(19_000);
    expect(caller.destroyed).toBe(true);
  });
});

describe("all answers that wait", () => {
  it("take no more than they may together: first goes what has stood for longest, and of that the largest", () => {
    const { time, watch } = watching();
    const callers = [10, 30, 20, 40].map((sizeKib, i) => {
      const caller = new Caller();
      watch.begin(answering(caller));
      if (i === 3) time.advance(1000);
      caller.write(sizeKib * kibibyte);
      return caller;
    });
    time.advance(1000);
    expect(callers.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false]);
    const late = new Caller();
    watch.begin(answering(late));
    late.write(20 * kibibyte);
    time.advance(1000);
    expect([...callers, late].map(({ destroyed }) => destroyed)).toEqual([false, true, false, false, false]);
  });

  it("count where they wait behind one another on one connection", () => {
    const { time, watch } = watching();
    const [greedy, other] = [new Caller(), new Caller()];
    watch.begin(answering(other));
    other.write(kibibyte);
    time.advance(1000);
    for (let i = 0; i < 50; i++) watch.begin(answering(greedy, 3 * kibibyte));
    time.advance(1000);
    other.take(512);
    time.advance(250);
    expect(greedy.destroyed).toBe(true);
  });
});

describe("a caller over a real socket", () => {
  let close: () => void = () => undefined;
  afterEach(() => close());

  it("is given up where it reads nothing of a large answer, and not where it does", async () => {
    const callers = new CallerWatch({
      clock: systemClock,
      timers: systemTimers,
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
    const eager = connect(port, "127.0.0.1", () => void eager.write(head));
    expect((await said(eager)).length).toBeGreaterThan(answer.length);
    const standing = (): Promise<number> => new Promise((resolve) => server.getConnections((_e, n) => resolve(n)));
    await eventually("the deaf one is gone", async () => (await standing()) === 0);
    deaf.destroy();
  });
});
