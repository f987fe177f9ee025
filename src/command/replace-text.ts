import { lstat, open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { unlessMissing } from "./file-problem.ts";

type Standing = { uid: number; gid: number; mode: number };

/**
 * Puts another text into a file, aside at first and then in one go, so that nobody ever reads half of it. Who owns the file
 * and who may read it stays as it is, and so does a link that names it; a new file is for its maker alone. Rejects before
 * anything has changed.
 */
export async function replaceText(path: string, text: string): Promise<void> {
  const target = await targetOf(path);
  const standing = await unlessMissing(stat(target));
  const beside = `${target}.new`;
  await rm(beside, { force: true });
  try {
    await writeAside(beside, text, standing);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function writeAside(path: string, text: string, standing: Standing | undefined): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    if (standing === undefined) return;
    const { uid, gid } = await file.stat();
    if (uid !== standing.uid || gid !== standing.gid) await file.chown(standing.uid, standing.gid).catch(refuseOwner);
    await file.chmod(standing.mode & 0o777);
  } finally {
    await file.close();
  }
}

function refuseOwner(): never {
  throw new Error("it belongs to another user or group, who could not read it any more; run this as its owner");
}

/** What a path names behind all links; the last of them may name what is not there yet. */
async function targetOf(path: string): Promise<string> {
  const found = await unlessMissing(realpath(path));
  if (found !== undefined) return found;
  const link = await unlessMissing(lstat(path));
  return link?.isSymbolicLink() === true ? targetOf(resolve(dirname(path), await readlink(path))) : path;
}
