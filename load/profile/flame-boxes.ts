import type { CallNode } from "./call-tree.ts";
import type { CalledFunction } from "./called-function.ts";

/** A part of a flame graph. `from`, `width` and `self` are shares of the whole; who called it is right above it. */
export type FlameBox = { called: CalledFunction; depth: number; from: number; width: number; self: number };

/**
 * Lays a call tree out, callers above what they call and the widest first. What is narrower than `widthMin`, a share of
 * the whole, is left out with all below it, which cannot be wider.
 */
export function flameBoxes(tree: CallNode, widthMin: number): FlameBox[] {
  const boxes: FlameBox[] = [];
  const share = (ms: number): number => (tree.totalMs === 0 ? 0 : ms / tree.totalMs);
  const place = ({ called, selfMs, totalMs, children }: CallNode, depth: number, from: number): void => {
    const width = share(totalMs);
    if (width < widthMin || width === 0) return;
    boxes.push({ called, depth, from, width, self: share(selfMs) });
    let at = from;
    for (const child of children) {
      place(child, depth + 1, at);
      at += share(child.totalMs);
    }
  };
  place(tree, 0, 0);
  return boxes;
}
