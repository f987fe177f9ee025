import { describe, expect, test } from "vitest";
import { Inflicter } from "../../../load/faults/inflict.ts";
import { yieldToLoop } from "../../../src/time.ts";
import { virtualTime } from "../../support/virtual-time.ts";

/** Two leaves that only write down what is done to them; the second one is reached through a proxy. */
function stage(untilReady: () => Promise<void> = async () => undefined) {
  const said: string[] = [];
  const child = (name: string) => ({
    name,
    pid: 1,
    url: "",
    inspectorUrl: undefined,
    signal: (signal: string) => void said.push(`${name} ${signal}`),
    start: async () => void said.push(`${name} start`),
    end: async (how: string) => void said.push(`${name} end ${how}`),
    tell: (message: object) => void said.push(`${name} ${JSON.stringify(message)}`),
  });
  const leaf = (index: number, proxy: ReturnType<typeof child> | undefined) => {
    return { index, zone: "zone-0", child: child(`leaf-${index + 1}`), data: "nowhere-at-all", proxy };
  };
  const time = virtualTime(0);
  const inflicter = new Inflicter(
    { leaves: [leaf(0, undefined), leaf(1, child("way"))] },
    {
      timers: time.timers,
      write: (perSecond) => void said.push(`write ${perSecond}`),
      untilReady,
      onTrouble: (message) => void said.push(message),
    },
  );
  return { said, time, inflicter };
}

describe("what is done to leaves", () => {
  test("is done at its time, to whom it is meant", async () => {
    const { said, time, inflicter } = stage();
    inflicter.begin([
      { atMs: 10, leaf: 0, act: { kind: "stop" } },
      { atMs: 20, leaf: 0, act: { kind: "continue" } },
      { atMs: 20, leaf: 1, act: { kind: "trouble", trouble: { delayMs: 5 } } },
      { atMs: 25, leaf: 1, act: { kind: "trouble", trouble: { stallShare: 0.5, stallMs: 7 } } },
      { atMs: 30, writesPerSecond: 9 },
    ]);
    time.advance(9);
    expect(said).toEqual([]);
    time.advance(11);
    expect(said.slice(0, 2)).toEqual(["leaf-1 SIGSTOP", "leaf-1 SIGCONT"]);
    time.advance(10);
    // Troubles add up: what began before goes on.
    expect(said[3]).toContain('"delayMs":5,"jitterMs":0,"stallShare":0.5,"stallMs":7');
    expect(said.at(-1)).toBe("write 9");
    await inflicter.mend();
  });

  test("is mended: nothing that was still to come comes, the dead start, and every way is clear", async () => {
    const { said, time, inflicter } = stage();
    inflicter.begin([
      { atMs: 0, leaf: 0, act: { kind: "kill" } },
      { atMs: 5, leaf: 1, act: { kind: "trouble", trouble: { blackhole: true } } },
      { atMs: 50, leaf: 1, act: { kind: "kill" } },
    ]);
    time.advance(10);
    await yieldToLoop();
    said.length = 0;
    await inflicter.mend();
    time.advance(100);
    expect(said).toContain("leaf-1 start");
    expect(said).not.toContain("leaf-2 start");
    expect(said).not.toContain("leaf-2 end forced");
    expect(said.filter((line) => line.startsWith("way")).at(-1)).toContain('"blackhole":false');
    expect(said).toContain("write 0");
  });

  test("a leaf that was started again by its own fault is not started twice", async () => {
    const { said, time, inflicter } = stage();
    inflicter.begin([
      { atMs: 0, leaf: 0, act: { kind: "kill" } },
      { atMs: 5, leaf: 0, act: { kind: "start" } },
    ]);
    time.advance(10);
    await yieldToLoop();
    await inflicter.mend();
    expect(said.filter((line) => line === "leaf-1 start")).toHaveLength(1);
  });

  test("a rolling restart takes the next leaf only when the one before is back", async () => {
    const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const { said, time, inflicter } = stage(() => ready[asked++]?.promise ?? Promise.resolve());
    inflicter.begin([
      { atMs: 0, leaf: 0, act: { kind: "restart" } },
      { atMs: 10, leaf: 1, act: { kind: "restart" } },
    ]);
    ready[0]?.resolve();
    time.advance(20);
    await yieldToLoop();
    expect(said).toEqual(["leaf-1 end asked", "leaf-1 start"]);
    ready[1]?.resolve();
    await yieldToLoop();
    expect(said.slice(2)).toEqual(["leaf-2 end asked", "leaf-2 start"]);
    await inflicter.mend();
  });
});
