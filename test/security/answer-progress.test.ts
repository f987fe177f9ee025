import { describe, expect, it } from "vitest";
import { AnswerProgress, crowdedOut } from "../../src/security/answer-progress.ts";

const kibibyte = 1024;
const pace = { graceMs: 10_000, bytesPerS: kibibyte, waitingBytesMax: 100 * kibibyte };

/** A connection whose caller takes what it is made to take. */
class Connection {
  bytesWritten = 0;
  writableLength = 0;

  write(sizeBytes: number): void {
    this.bytesWritten += sizeBytes;
    this.writableLength += sizeBytes;
  }

  take(sizeBytes: number): void {
    this.writableLength -= sizeBytes;
  }
}

function connected(): { connection: Connection; answers: AnswerProgress } {
  const connection = new Connection();
  return { connection, answers: new AnswerProgress(connection) };
}

describe("answers that nobody reads", () => {
  it("are slow after their grace and the time that their bytes would take", () => {
    const [small, large] = [connected(), connected()];
    small.connection.write(kibibyte);
    large.connection.write(20 * kibibyte);
    const looked = [0, 11_000, 11_001, 30_000, 30_001].map((nowMs) => [
      small.answers.look(nowMs, pace),
      large.answers.look(nowMs, pace),
    ]);
    expect(looked).toEqual([
      ["waiting", "waiting"],
      ["waiting", "waiting"],
      ["slow", "waiting"],
      ["slow", "waiting"],
      ["slow", "slow"],
    ]);
  });

  it("are none while they are still being made, however long that takes", () => {
    const { connection, answers } = connected();
    expect(answers.look(600_000, pace)).toBe("none");
    connection.write(kibibyte);
    expect(answers.look(700_000, pace)).toBe("waiting");
    expect(answers.look(711_000, pace)).toBe("waiting");
    expect(answers.look(711_001, pace)).toBe("slow");
  });

  it("are none while a slow caller takes a stream of them piece by piece, each as large as the one before", () => {
    const { connection, answers } = connected();
    let nowMs = 0;
    for (let page = 0; page < 20; page++) {
      connection.write(8 * kibibyte);
      for (const end = nowMs + 15_000; nowMs < end; nowMs += 250) expect(answers.look(nowMs, pace)).toBe("waiting");
      connection.take(8 * kibibyte);
    }
    connection.write(8 * kibibyte);
    expect([0, 18_000, 18_001].map((laterMs) => answers.look(nowMs + laterMs, pace))).toEqual([
      "waiting",
      "waiting",
      "slow",
    ]);
  });

  it("count where they wait behind one another, until their connection has them", () => {
    const { connection, answers } = connected();
    const queued = { socket: null, closed: false, writableLength: 3 * kibibyte };
    const sent = { socket: null, closed: true, writableLength: 3 * kibibyte };
    connection.write(kibibyte);
    for (const answer of [queued, queued, sent]) answers.queue(answer);
    answers.look(0, pace);
    expect(answers.waitingBytes).toBe(7 * kibibyte);
    answers.look(0, pace);
    expect(answers.waitingBytes).toBe(7 * kibibyte);
  });
});

describe("all answers that wait", () => {
  const waiting = (sizeKib: number, sinceMs: number) => ({ answers: { waitingBytes: sizeKib * kibibyte, sinceMs } });

  it("take no more than they may together: first goes what has stood for longest, and of that the largest", () => {
    const all = [waiting(10, 0), waiting(30, 0), waiting(20, 0), waiting(40, 1000)];
    expect(crowdedOut(all, pace.waitingBytesMax)).toEqual([]);
    expect(crowdedOut([...all, waiting(20, 2000)], pace.waitingBytesMax)).toEqual([waiting(30, 0)]);
    expect(crowdedOut([...all, waiting(55, 2000)], pace.waitingBytesMax)).toEqual([
      waiting(30, 0),
      waiting(20, 0),
      waiting(10, 0),
    ]);
  });
});
