import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CallNode, timeSpent } from "../../../load/profile/call-tree.ts";
import { type FlameBox, flameBoxes } from "../../../load/profile/flame-boxes.ts";
import { anyProfile, home } from "./sampled.ts";

const anyTree = anyProfile.map((profile) => timeSpent([profile], home).tree);
const tolerance = 1e-9;

/** Boxes come before what they call: the last one of the row above is whose call it was. */
function withCallers(boxes: readonly FlameBox[]): { box: FlameBox; caller: FlameBox | undefined }[] {
  const path: FlameBox[] = [];
  return boxes.map((box) => {
    path.length = box.depth;
    const caller = path.at(-1);
    path.push(box);
    return { box, caller };
  });
}

function sharesOf(tree: CallNode): number[] {
  const below = (node: CallNode): number[] => [node.totalMs / tree.totalMs, ...node.children.flatMap(below)];
  return tree.totalMs === 0 ? [] : below(tree);
}

describe("the parts of a flame graph", () => {
  test("lie within whoever called them, beside each other", () => {
    fc.assert(
      fc.property(anyTree, fc.constantFrom(0, 0.002, 0.1), (tree, widthMin) => {
        const ends = new Map<FlameBox | undefined, number>();
        for (const { box, caller } of withCallers(flameBoxes(tree, widthMin))) {
          const from = ends.get(caller) ?? caller?.from ?? 0;
          expect(box.from).toBeGreaterThanOrEqual(from - tolerance);
          expect(box.from + box.width).toBeLessThanOrEqual((caller ? caller.from + caller.width : 1) + tolerance);
          ends.set(caller, box.from + box.width);
        }
      }),
      { seed: 102 },
    );
  });

  test("are all that is wide enough, and nothing else", () => {
    fc.assert(
      fc.property(anyTree, fc.constantFrom(0.002, 0.01, 0.1), (tree, widthMin) => {
        const drawn = flameBoxes(tree, widthMin).map(({ width }) => width);
        const wide = sharesOf(tree).filter((share) => share >= widthMin);
        expect(drawn.toSorted()).toEqual(wide.toSorted());
      }),
      { seed: 103 },
    );
  });

  test("have shares of their own that come to the whole where nothing is too narrow", () => {
    fc.assert(
      fc.property(anyTree, (tree) => {
        fc.pre(tree.totalMs > 0);
        const boxes = flameBoxes(tree, 0);
        expect(boxes.reduce((sum, { self }) => sum + self, 0)).toBeCloseTo(1, 6);
        expect(boxes[0]).toMatchObject({ depth: 0, from: 0, width: 1 });
      }),
      { seed: 104 },
    );
  });
});
