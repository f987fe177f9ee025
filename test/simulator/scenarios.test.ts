import { describe } from "vitest";
import { expectTargets } from "./targets.ts";

/** The scenarios that take seconds; those that take minutes are beside it, named `*.slow.ts`. */
describe("what the scenarios promise", () => {
  expectTargets("cold-replica");
  expectTargets("brown-out");
  expectTargets("tied");
});
