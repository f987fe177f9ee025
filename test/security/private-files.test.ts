import { chmod, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/changes/database.ts";
import { askForDirectory } from "../../src/command/data-directory.ts";
import { writeCheckedFile } from "../../src/leaf/checked-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-private-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What of a file's or a directory's mode is others'. */
async function othersMayUse(path: string): Promise<number> {
  return (await stat(path)).mode & 0o077;
}

describe("new files and directories that hold documents", () => {
  it("are for their maker alone", async () => {
    const data = join(directory, "made", "data");
    const database = openDatabase(data, undefined);
    const files = await readdir(data);
    expect(files).toContain("changes.db");
    expect(files).toContain("changes.db-wal");
    for (const file of ["", ...files]) expect(await othersMayUse(join(data, file)), file).toBe(0);
    database.close();
    const leaf = join(directory, "made", "leaf");
    const taken = await askForDirectory(leaf, "leaf");
    expect(taken.kind).toBe("taken");
    if (taken.kind === "taken") taken.release();
    const snapshot = join(leaf, "replicas", "1-0", "manifest");
    writeCheckedFile(snapshot, 1, [Buffer.from("{}")]);
    for (const path of [leaf, join(leaf, "replicas", "1-0"), snapshot]) expect(await othersMayUse(path), path).toBe(0);
    // What lies above may be anybody's.
    expect(await othersMayUse(join(directory, "made"))).not.toBe(0);
  });

  it("leave those that stand as they are", async () => {
    const data = join(directory, "data");
    await mkdir(data);
    await chmod(data, 0o755);
    openDatabase(data, undefined).close();
    await chmod(join(data, "changes.db"), 0o644);
    openDatabase(data, undefined).close();
    expect(await othersMayUse(data)).toBe(0o055);
    expect(await othersMayUse(join(data, "changes.db"))).toBe(0o044);
  });
});
