import { describe, expect, test } from "vitest";
import { readSearchAnswer } from "../../../load/driver/answer.ts";

const answer = {
  hits: [],
  complete: false,
  coverage: { documents: 0.75 },
  shards: [{ leaf: "leaf-1" }, { leaf: "leaf-2" }, { leaf: null }],
};

describe("what an answer says", () => {
  test("whole, partial, turned away, failed", () => {
    const whole = JSON.stringify({ ...answer, complete: true, coverage: { documents: 1 } });
    expect(readSearchAnswer(200, whole, false)).toEqual({ kind: "answered", coverage: 1 });
    expect(readSearchAnswer(200, JSON.stringify(answer), false)).toEqual({ kind: "answered", coverage: 0.75 });
    expect(readSearchAnswer(429, "", false)).toEqual({ kind: "shed", coverage: 0 });
    expect(readSearchAnswer(504, "{}", false)).toEqual({ kind: "failed", coverage: 0 });
    expect(readSearchAnswer(0, "", false)).toEqual({ kind: "failed", coverage: 0 });
  });

  test("what is no answer of a search has failed, whatever its status", () => {
    expect(readSearchAnswer(200, "<html>", false).kind).toBe("failed");
    expect(readSearchAnswer(200, "{}", true).kind).toBe("failed");
  });

  test("looked at closely it names its leaves", () => {
    expect(readSearchAnswer(200, JSON.stringify(answer), true).leaves).toEqual(["leaf-1", "leaf-2"]);
  });
});
