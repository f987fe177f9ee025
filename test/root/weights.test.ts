import { describe, expect, it } from "vitest";
import { Waits } from "../../src/root/waits.ts";
import { isWeighable, waitForWeights } from "../../src/root/weights.ts";
import { virtualTime } from "../support/virtual-time.ts";

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

  it("that are not known in time cover nothing", async () => {
    const index = indexOf([
      { known: true, states: ["ready"] },
      { known: false, states: ["ready"] },
    ]);
    const coverage = { documents: 0, shards: { total: 2, complete: 0, truncated: 0, missing: 2 } };
    const { clock, timers } = virtualTime();
    const waits = new Waits({ clock, timers });
    const waiting = waitForWeights(index, { waits, untilMs: clock.nowMs(), onGone: () => undefined });
    await expect(waiting).rejects.toMatchObject({ code: "not_ready", facts: { coverage } });
  });
});
