import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { traceFrom, traceparentOf, withSpan } from "../../src/protocol/trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

describe("an incoming traceparent", () => {
  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`cc-${traceId}-${spanId}-01-what-is-to-come`, true],
  ])("%s is continued", (text, sampled) => {
    expect(traceFrom(text)).toEqual({ traceId, parentSpanId: spanId, sampled });
  });

  it.each([
    ["nothing", undefined],
    ["no header", ""],
    ["a version that will never be", `ff-${traceId}-${spanId}-01`],
    ["more than version 00 has", `00-${traceId}-${spanId}-01-more`],
    ["more without a dash", `01-${traceId}-${spanId}-01more`],
    ["capitals", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
    ["a span of zeros", `00-${traceId}-${"0".repeat(16)}-01`],
    ["flags that are none", `00-${traceId}-${spanId}-0g`],
    ["a trace cut short", `00-${traceId.slice(1)}-${spanId}-01`],
  ])("%s begins a trace of its own", (_what, text) => {
    const begun = traceFrom(text);
    expect(begun).toEqual({
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      parentSpanId: undefined,
      sampled: false,
    });
    expect(begun.traceId).not.toBe(traceId);
  });

  it("is never taken for one that it is not, whatever it says", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        expect(traceFrom(text).traceId).toMatch(/^[0-9a-f]{32}$/);
      }),
      { seed: 108 },
    );
  });

  it("goes on to others with a span of its own", () => {
    const own = withSpan(traceFrom(`00-${traceId}-${spanId}-01`));
    expect(own.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(traceparentOf(own)).toBe(`00-${traceId}-${own.spanId}-01`);
    expect(traceFrom(traceparentOf(own))).toEqual({ traceId, parentSpanId: own.spanId, sampled: true });
  });
});
