import { rename, writeFile } from "node:fs/promises";

/**
 * Writes a file aside, at its path with `.new`, and then puts it in its place, so that a reader never sees half of it. The
 * one aside stays where that fails.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const aside = `${path}.new`;
  await writeFile(aside, text);
  await rename(aside, path);
}
