import fc from "fast-check";
import { expect, it } from "vitest";

it("properties draw as many elements as they say that there may be", () => {
  const drawn = fc.sample(fc.array(fc.nat(), { maxLength: 100 }), { seed: 1, numRuns: 100 });
  expect(Math.max(...drawn.map(({ length }) => length))).toBeGreaterThan(90);
});
