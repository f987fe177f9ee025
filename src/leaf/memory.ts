import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { mergedBytesMax } from "../engine/tiers.ts";

/** What a leaf holds now: the sizes of its replicas. */
export type HeldSizes = () => readonly number[];

/** Refuses what would make a leaf outgrow its memory, before it is taken in. */
export type MemoryGuard = {
  readonly limitBytes: number;
  /** Why so many more bytes of documents cannot be taken; undefined where they can. */
  problem(moreBytes: number): string | undefined;
};

/** The runtime with its threads, before it holds anything. */
const baseBytes = 120 * 1024 * 1024;
/** What a document takes once it is analyzed, indexed and kept, as a multiple of its bytes: measured 2 to 4. */
export const growth = 4;
/**
 * What a merge takes beside the segments that it reads, as a multiple of their bytes: the postings as they come together,
 * the new segment's arrays, and these once more in the memory that threads share. Measured 2.4.
 */
const mergeGrowth = 2.5;

/**
 * Counts what is held, what a merge of the largest replica takes beside it, and what a new batch grows to. It goes by
 * sizes rather than by the process's memory: that holds garbage, whose collector takes its time, and never shrinks.
 */
export function createMemoryGuard(limitBytes: number, held: HeldSizes): MemoryGuard {
  return {
    limitBytes,
    problem(moreBytes) {
      const sizes = held();
      const heldBytes = sizes.reduce((sum, size) => sum + size, 0);
      const mergedBytes = Math.min(Math.max(0, ...sizes), mergedBytesMax);
      const neededBytes = baseBytes + heldBytes + mergeGrowth * mergedBytes + growth * moreBytes;
      if (neededBytes <= limitBytes) return undefined;
      const [needed, limit] = [neededBytes, limitBytes].map((bytes) => Math.round(bytes / (1024 * 1024)));
      return `this leaf is full: it would need ${needed} of ${limit} MiB; add leaves, or raise --memory-bytes-max`;
    },
  };
}

/** The bytes of the files in a directory; 0 where there is none. */
export async function directoryBytes(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name)).catch(() => undefined))?.size),
  );
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
