import { totalmem } from "node:os";
import { constrainedMemory } from "node:process";

const shareOfAll = 0.7;

/** The limit of a leaf that was given none: seven tenths of what the container or the machine has, for all `leaves`. */
export function memoryLimitBytes(givenBytes: number, leaves = 1): number {
  if (givenBytes > 0) return givenBytes;
  const constrained = constrainedMemory();
  const wholeBytes = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  return Math.floor((wholeBytes * shareOfAll) / leaves);
}
