import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canRedraw, formatDuration, ProgressBar, progressLine } from "../../src/command/progress.ts";
import { listeningIo } from "../support/stub-service.ts";

describe("a progress line", () => {
  it("shows share, count, rate and the time left", () => {
    const line = progressLine("importing", { documents: 25_000, done: 1, total: 4, elapsedMs: 5000 });
    expect(line).toBe("importing  ██████░░░░░░░░░░░░░░░░░░  25%  25,000 documents  5,000/s  15.0 s left");
  });

  it("does without share and time left where the total is unknown", () => {
    const line = progressLine("importing", { documents: 10, done: 500, total: undefined, elapsedMs: 1000 });
    expect(line).toBe("importing  10 documents  10/s");
  });

  it("keeps its shape for any figures", () => {
    const figure = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(figure, figure, figure, fc.integer({ min: 1, max: 1e9 }), (documents, done, elapsedMs, total) => {
        const line = progressLine("x", { documents, done, total, elapsedMs });
        expect(line).toMatch(/^x {2}[█░]{24} [ \d]{2}\d% {2}[\d,]+ documents {2}[\d,]+\/s( {2}[\d,. a-z]+ left)?$/);
      }),
      { seed: 25 },
    );
  });
});

describe("a progress bar", () => {
  it("redraws ten times a second at most, and leaves a clean line", () => {
    let nowMs = 0;
    const io = listeningIo({ isTerminal: true });
    const bar = new ProgressBar("x", io, { nowMs: () => nowMs });
    for (; nowMs < 1000; nowMs += 10) bar.update({ documents: nowMs, done: nowMs, total: 1000 });
    bar.clear();
    expect(io.err().split("\r").length - 1).toBe(10 + 1);
    expect(io.err().endsWith("\r\x1b[2K")).toBe(true);
    expect(io.out()).toBe("");
  });

  it("is cut where the terminal ends, and lets what follows wrap again", () => {
    const io = listeningIo({ isTerminal: true });
    new ProgressBar("x", io, { nowMs: () => 0 }).update({ documents: 1, done: 1, total: undefined });
    expect(io.err()).toBe("\x1b[?7l\r\x1b[2Kx  1 document  0/s\x1b[?7h");
  });

  it("is silent where nobody watches", () => {
    const io = listeningIo();
    const bar = new ProgressBar("x", io, { nowMs: () => 0 });
    bar.update({ documents: 1, done: 1, total: 1 });
    bar.clear();
    expect(io.err()).toBe("");
  });
});

it("redraws on a terminal that can, and nowhere else", () => {
  const watched = [
    canRedraw({ isTTY: true }, "xterm"),
    canRedraw({ isTTY: true }, undefined),
    canRedraw({ isTTY: true }, "dumb"),
    canRedraw({}, "xterm"),
  ];
  expect(watched).toEqual([true, true, false, false]);
});

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [999.6, "1.0 s"],
  [59_949, "59.9 s"],
  [59_951, "1 min 00 s"],
  [125_000, "2 min 05 s"],
])("%d ms is %s", (durationMs, shown) => {
  expect(formatDuration(durationMs)).toBe(shown);
});
