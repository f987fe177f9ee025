import { expect, it } from "vitest";
import { heardSequences } from "../../src/root/heard.ts";

it("has heard what the slowest replica holds that can be asked, and of a shard without one nothing", () => {
  const shards = [
    {
      feeds: [
        { state: "ready", sequence: 9 },
        { state: "ready", sequence: 7 },
        { state: "catching-up", sequence: 3 },
      ],
    },
    { feeds: [{ state: "unreachable", sequence: 9 }] },
    { feeds: [] },
  ] as const;
  expect(heardSequences(shards)).toEqual([7, 0, 0]);
});
