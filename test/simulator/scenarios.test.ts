import { describe } from "vitest";
import { expectTargets } from "./targets.ts";

/** The scenario that takes seconds; those that take longer are beside it, named `*.slow.ts`. */
describe("what the scenarios promise", () => {
  expectTargets("cold-replica");
});
