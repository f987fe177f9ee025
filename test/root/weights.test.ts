import { describe, expect, it } from "vitest";
import { isWeighable } from "../../src/root/weights.ts";

type Index = Parameters<typeof isWeighable>[0];
type Shard = { known: boolean; states: Index["shards"][number]["feeds"][number]["state"][] };

function indexOf(shards: readonly Shard[]): Index {
  return {
    shards: shards.map(({ states }) => ({ feeds: states.map((state) => ({ state })) })),
    statistics: { isKnown: (shard) => shards[shard]?.known ?? false },
  };
}

describe("the weights of an index", () => {
  it.each([
    [true, [{ known: true, states: ["ready"] }]],
    [false, [{ known: false, states: ["unreachable", "ready"] }]],
    [true, [{ known: false, states: ["unreachable", "catching-up"] }]],
    [
      false,
      [
        { known: true, states: ["ready"] },
        { known: false, states: ["ready"] },
      ],
    ],
    [true, []],
  ] as [boolean, Shard[]][])("are known (%s) for %j", (expected, shards) => {
    expect(isWeighable(indexOf(shards))).toBe(expected);
  });
});
