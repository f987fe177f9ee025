import type { ChangeLog } from "../changes/log.ts";
import type { LeafLink } from "./leaf-link.ts";

const retainTimeoutMs = 10_000;

/**
 * Has a leaf free what it kept on its disk of indexes that were dropped, perhaps while it was away. Best effort: it is
 * asked again whenever its link comes up.
 */
export async function retainOn(link: LeafLink, log: Pick<ChangeLog, "head" | "indexes">): Promise<void> {
  try {
    // The head first: whatever is created after it was read is beyond it, and is left alone.
    const head = await log.head();
    const standing = (await log.indexes()).map(({ incarnation }) => incarnation);
    await link.call("retain", { standing, head }, { timeoutMs: retainTimeoutMs });
  } catch {
    // The link went down again, or the log is closing.
  }
}
