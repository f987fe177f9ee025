import { describe } from "vitest";
import { expectTargets } from "./targets.ts";

/** The scenarios that take seconds; `scenarios.slow.ts` has the others. */
describe("what the scenarios promise", () => {
  expectTargets("cold-replica");
  expectTargets("brown-out");
  expectTargets("tied");
});
