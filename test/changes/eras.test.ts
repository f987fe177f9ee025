import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import { currentEra, isOnHistory, type LogPosition, withForgotten } from "../../src/protocol/history.ts";
import { testSettings } from "../engine/layout.ts";

/** A log that remembers what each sequence said, opened again and put back at chance: the plain truth to compare with. */
type Told = { changes: string[]; eras: { id: string; since: number }[] };
type Step = { kind: "write"; count: number } | { kind: "reopen" } | { kind: "copy" } | { kind: "putBack" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.constantFrom<Step>({ kind: "reopen" }, { kind: "copy" }, { kind: "putBack" }),
);

describe("the history of a log", () => {
  it("lets no follower go on that holds what the log does not, and every one while the log was never put back", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), (steps, pick) => {
        let said = 0;
        let log: Told = { changes: [], eras: [{ id: "e0", since: 0 }] };
        let copy = structuredClone(log);
        const followers: { position: LogPosition; held: string[] }[] = [];
        const open = (): void => void log.eras.push({ id: `e${++said}`, since: log.changes.length });
        for (const one of steps) {
          if (one.kind === "write") for (let i = 0; i < one.count; i++) log.changes.push(`c${++said}`);
          if (one.kind === "copy") copy = structuredClone(log);
          if (one.kind === "putBack") log = structuredClone(copy);
          if (one.kind === "putBack" || one.kind === "reopen") open();
          const sequence = log.changes.length === 0 ? 0 : (pick % log.changes.length) + 1;
          followers.push({ position: { era: currentEra(log.eras), sequence }, held: log.changes.slice(0, sequence) });
        }
        for (const { position, held } of followers) {
          const isTrue = held.every((change, i) => log.changes[i] === change);
          const isBelieved = isOnHistory(position, log.eras);
          if (isBelieved) expect(isTrue).toBe(true);
          if (!steps.some(({ kind }) => kind === "putBack")) expect(isBelieved).toBe(true);
        }
      }),
      { seed: 71, numRuns: 500 },
    );
  });

  it("lets nobody go on who missed a delete that was forgotten, nor who went on before the log was put back", () => {
    const openings = ["a", "b", "c"].map((id, i) => ({ id, since: [0, 40, 70][i] ?? 0 }));
    // Forgotten in the opening b, when the log stood at 70; c is b put back to just that moment.
    const eras = withForgotten(openings, [{ id: "forgotten", since: 70, deletes: 60, opening: "b" }]);
    const positions: [string, number, boolean][] = [
      ["a", 40, false],
      ["b", 0, false],
      ["b", 59, false],
      ["b", 60, true],
      ["b", 71, false],
      ["forgotten", 0, true],
      ["forgotten", 10, true],
      ["forgotten", 70, true],
      ["forgotten", 71, false],
      ["c", 10, true],
      ["c", 90, true],
      ["never heard of", 0, true],
      ["never heard of", 60, false],
    ];
    for (const [era, sequence, expected] of positions) {
      expect([era, sequence, isOnHistory({ era, sequence }, eras)]).toEqual([era, sequence, expected]);
    }
    const trimmed = withForgotten(openings.slice(2), [{ id: "forgotten", since: 70, deletes: 60, opening: "b" }]);
    expect(isOnHistory({ era: "c", sequence: 10 }, trimmed)).toBe(true);
  });

  it("is kept by the embedded log over openings, and tells a file that was put back", async () => {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-eras-"));
    const [live, kept] = [join(directory, "live"), join(directory, "kept")];
    const session = async (writes: number): Promise<{ position: LogPosition; eras: string[] }> => {
      const log = await createEmbeddedLog({ directory: live });
      const { definition } = await log.createIndex("test", testSettings);
      for (let i = 0; i < writes; i++) {
        const source = new TextEncoder().encode(`{"id":"${i}"}`);
        await log.append(definition, [{ kind: "put", id: String(i), source, condition: { kind: "none" } }]);
      }
      const eras = await log.eras();
      const position = { era: currentEra(eras), sequence: await log.head() };
      await log.close();
      return { position, eras: eras.map(({ id }) => id) };
    };
    const first = await session(3);
    await cp(live, kept, { recursive: true });
    const second = await session(3);
    expect(second.eras.slice(0, -1)).toEqual(first.eras);
    await rm(live, { recursive: true });
    await cp(kept, live, { recursive: true });
    await session(4);
    const log = await createEmbeddedLog({ directory: live });
    const eras = await log.eras();
    expect(isOnHistory(first.position, eras)).toBe(true);
    expect(isOnHistory(second.position, eras)).toBe(false);
    await log.close();
    await rm(directory, { recursive: true });
  });
});
