import { expect, it } from "vitest";
import { createClient } from "../../src/command/client.ts";
import { upload } from "../../src/command/stream.ts";
import { startStub } from "../support/stub-service.ts";

it("has let go of what an upload reads once nothing answers", async () => {
  const gone = await startStub(() => ({}));
  await gone.close();
  let isOver = false;
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) yield new Uint8Array(1 << 16);
    } finally {
      isOver = true;
    }
  }
  const sending = upload(createClient(gone.url), "/v1/restore", { type: "text/plain", bytes: endless() });
  await expect(sending).rejects.toThrow("nothing listens there");
  await new Promise(setImmediate);
  expect(isOver).toBe(true);
});
