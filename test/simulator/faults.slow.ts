import { describe } from "vitest";
import { expectTargets } from "./targets.ts";

describe("what the scenarios of faults and load promise", () => {
  expectTargets("hiccups");
  expectTargets("overload");
  expectTargets("slow-replica");
  expectTargets("hung-replica");
  expectTargets("brown-out");
  expectTargets("tied");
});
