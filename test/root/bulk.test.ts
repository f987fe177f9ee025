import { expect, it } from "vitest";
import { readArray, readLines } from "../../src/root/bulk.ts";
import { bodySettings } from "../support/bodies.ts";
import { countTurns } from "../support/turns.ts";

const documents = Array.from({ length: 40 }, (_, i) => JSON.stringify({ id: `d${i}`, body: "bee" }));

it.each([
  ["lines", readLines, documents.join("\n")],
  ["elements of a list", readArray, `[${documents.join(",")}]`],
])("lets the event loop go on after each of few %s that take more than a slice", async (_, read, body) => {
  let nowMs = 0;
  const clock = {
    nowMs() {
      nowMs += 20;
      return nowMs;
    },
  };
  const turns = countTurns();
  const { writes } = await read(Buffer.from(body), bodySettings, { clock, documentBytesMax: 1000 });
  turns.stop();
  expect(writes.map(({ id }) => id)).toEqual(documents.map((_, i) => `d${i}`));
  expect(turns.now()).toBeGreaterThanOrEqual(documents.length - 1);
});
