import { errors } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { Patience, uncertain } from "../../src/changes/jetstream-patience.ts";
import { HedgerowError } from "../../src/errors.ts";
import { yieldToLoop } from "../../src/time.ts";
import { virtualTime } from "../support/virtual-time.ts";

describe("a change of which nobody knows whether it was made", () => {
  it("says so once, however often it is passed on", () => {
    const first = uncertain(new Error("timeout"));
    expect(first).toMatchObject({ code: "write_uncertain", status: 503 });
    expect(first.message).toBe("the change log's server did not answer: timeout; what was sent may have been written");
    expect(uncertain(uncertain(first))).toBe(first);
  });

  it("keeps the cause of what failed in part", () => {
    const refused = new HedgerowError("storage_unavailable", "the change log's server refuses: it is full");
    expect(uncertain(refused).message).toBe(`${refused.message}; what was sent may have been written`);
  });

  it("is what a change comes to whose server stays silent", async () => {
    const time = virtualTime();
    const failure = new Patience(time)
      .change(() => Promise.reject(new Error("timeout")))
      .catch((error: unknown) => error);
    for (let turn = 0; turn < 3; turn++) {
      await yieldToLoop();
      time.advance(10_000);
    }
    expect(await failure).toMatchObject({ code: "write_uncertain" });
  });
});

describe("a message that is larger than the server takes", () => {
  const failing = (failures: Error[]): { ask: () => Promise<never>; asked: () => number } => {
    let asked = 0;
    return { ask: () => Promise.reject(failures[asked++] ?? new Error("asked too often")), asked: () => asked };
  };
  const large = errors.InvalidArgumentError.format("payload", "max_payload size exceeded");

  it.each(["read", "change"] as const)("is refused at once, and not sent again (%s)", async (how) => {
    const { ask, asked } = failing([large]);
    await expect(new Patience(virtualTime())[how](ask)).rejects.toMatchObject({ code: "too_large", status: 413 });
    expect(asked()).toBe(1);
  });

  it("leaves open what became of one that was sent before it", async () => {
    const time = virtualTime();
    const { ask } = failing([new Error("timeout"), large]);
    const failure = new Patience(time).change(ask).catch((error: unknown) => error);
    await yieldToLoop();
    time.advance(1_000);
    expect(await failure).toMatchObject({ code: "write_uncertain" });
  });
});
