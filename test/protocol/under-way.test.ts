import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberMax, UnderWay } from "../../src/protocol/under-way.ts";

describe("what is under way", () => {
  it("is found by its number and by no other, until it is let go, as in a Map", () => {
    const steps = fc.array(
      fc.record({ adds: fc.integer({ min: 0, max: 90 }), removes: fc.array(fc.nat(), { maxLength: 80 }) }),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(steps, (rounds) => {
        const table = new UnderWay<string>();
        const model = new Map<number, string>();
        const gone: number[] = [];
        for (const [round, { adds, removes }] of rounds.entries()) {
          for (let i = 0; i < adds; i++) {
            const number = table.add(`${round}/${i}`);
            expect(model.has(number)).toBe(false);
            expect(number).toBeGreaterThan(0);
            expect(number).toBeLessThanOrEqual(numberMax);
            model.set(number, `${round}/${i}`);
          }
          for (const drawn of removes) {
            const number = [...model.keys()][drawn % Math.max(1, model.size)];
            if (number === undefined) continue;
            expect(table.remove(number)).toBe(model.delete(number));
            gone.push(number);
          }
          expect(table.size).toBe(model.size);
          for (const [number, item] of model) expect(table.get(number)).toBe(item);
          for (const number of gone) {
            expect(table.get(number)).toBeUndefined();
            expect(table.remove(number)).toBe(false);
          }
        }
        expect(new Map(table.drain())).toEqual(model);
        expect(table.size).toBe(0);
        for (const number of model.keys()) expect(table.get(number)).toBeUndefined();
      }),
      { seed: 31, numRuns: 200 },
    );
  });

  it("keeps one that stays for long while the numbers come round its place again and again", () => {
    const table = new UnderWay<string>();
    const old = table.add("old");
    const numbers = new Set<number>();
    for (let i = 0; i < 10_000; i++) {
      const number = table.add("new");
      numbers.add(number);
      expect(table.remove(number)).toBe(true);
    }
    expect(numbers.size).toBe(10_000);
    expect(numbers.has(old)).toBe(false);
    expect(table.get(old)).toBe("old");
  });
});
