import { describe } from "vitest";
import { expectTargets } from "./targets.ts";

describe("what the scenarios after published figures promise", () => {
  expectTargets("tail-at-scale-probability");
  expectTargets("tail-at-scale-table");
  expectTargets("bigtable-hedging");
});
