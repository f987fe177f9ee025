import { describe, expect, it } from "vitest";
import { readArray, readLines } from "../../src/root/bulk.ts";
import { sentDocument } from "../../src/root/sent-document.ts";
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

describe("a document that is larger than any may be", () => {
  const documentBytesMax = 100;
  const filler = "x".repeat(documentBytesMax);
  const parts = { clock: { nowMs: () => 0 }, documentBytesMax };
  const bounds = { settings: bodySettings, documentBytesMax };
  const large = [
    ["fits otherwise", `{"id":"large","body":"${filler}"}`, "large"],
    ["fits no index", `{"id":"large","body":[1],"x":"${filler}"}`, "large"],
    ["is no JSON", `{"id":"large","body":"${filler}",}`, "large"],
    ["nests too deep", `{"id":"large","body":${"[".repeat(100)}${"]".repeat(100)}}`, "large"],
    ["has members before its id", `{"body":"","idle":1,"id":"large","x":"${filler}"}`, "large"],
    ["is named behind what is read", `{"body":"${filler}","id":"large"}`, undefined],
    ["has an id that is too long", `{"id":"${filler}"}`, undefined],
    ["is no object", `"${filler}"`, undefined],
  ] as const;

  it.each(large)("is turned away alone and unread where it %s", async (_, text, id) => {
    const few = [documents[0], text, documents[1]];
    const detail = `a document of ${text.length} bytes is larger than ${documentBytesMax}`;
    const rejection = { line: 2, ...(id === undefined ? {} : { id }), code: "too_large", detail };
    for (const read of [
      await readLines(Buffer.from(few.join("\n")), bodySettings, parts),
      await readArray(Buffer.from(`[${few.join(",")}]`), bodySettings, parts),
    ]) {
      expect(read.writes.map((write) => write.id)).toEqual(["d0", "d1"]);
      expect(read.rejected).toEqual([rejection]);
    }
    const single = (): unknown => sentDocument(Buffer.from(text), "large", bounds);
    expect(single).toThrow(expect.objectContaining({ code: "too_large", message: detail }));
  });

  it("is one that the path's id makes too large", () => {
    const text = `{"body":"${"x".repeat(documentBytesMax - 11)}"}`;
    expect(text).toHaveLength(documentBytesMax);
    const single = (): unknown => sentDocument(Buffer.from(text), "b", bounds);
    expect(single).toThrow(expect.objectContaining({ code: "too_large" }));
  });

  it("is not one that is so for its lines alone", () => {
    const text = `{\n${" ".repeat(documentBytesMax)}"id": "small"\n}`;
    const { source } = sentDocument(Buffer.from(text), "small", bounds);
    expect(Buffer.from(source).toString()).toBe('{"id":"small"}');
  });
});
