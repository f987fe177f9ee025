import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wantsOpenMetrics } from "../../src/telemetry/accept.ts";

const quality = fc.integer({ min: 0, max: 1000 });
const weight = (thousandths: number): string => (thousandths / 1000).toFixed(3);

describe("OpenMetrics", () => {
  it("is wanted where it is liked no less than plain text, in whichever order and among whatever else", () => {
    fc.assert(
      fc.property(quality, quality, fc.boolean(), (open, plain, isFirst) => {
        const ranges = [
          `application/openmetrics-text; version=1.0.0; q=${weight(open)}`,
          `Text/Plain;version=0.0.4;Q=${weight(plain)}`,
        ];
        const accept = [...(isFirst ? ranges : ranges.reverse()), "*/*;q=1"].join(", ");
        expect(wantsOpenMetrics(accept)).toBe(open > 0 && open >= plain);
      }),
      { seed: 51, numRuns: 1000 },
    );
  });

  it.each([
    [undefined, false],
    ["", false],
    ["*/*", false],
    ["application/*", false],
    ["application/openmetrics-text", true],
    ["application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4", true],
    ["text/plain;q=0.9,application/openmetrics-text;q=0.1", false],
    ["application/openmetrics-text;q=0", false],
    ["application/openmetrics-text;q=0.3,*/*;q=0.5", false],
    ["application/openmetrics-text;q=high", false],
    // As Prometheus asks.
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      true,
    ],
  ])("is wanted or not by %s", (accept, expected) => expect(wantsOpenMetrics(accept)).toBe(expected));
});
