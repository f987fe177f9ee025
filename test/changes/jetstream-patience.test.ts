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
