import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askForDirectory, takeDataDirectory } from "../../src/command/data-directory.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-directory-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("a data directory", () => {
  it("is made with all above it, and taken again once it is let go", async () => {
    const path = join(directory, "a", "b", "c");
    for (let i = 0; i < 3; i++) {
      const taken = await takeDataDirectory(`${path}/`, "up");
      expect((await stat(path)).isDirectory()).toBe(true);
      // Nothing beside the file, nor in it: a full disk has room for that.
      expect(await readdir(path)).toEqual(["up.lock"]);
      expect((await stat(join(path, "up.lock"))).size).toBe(0);
      await expect(takeDataDirectory(path, "up")).rejects.toThrow(
        `${path} is in use by another hedgerow up; stop that one, or name another directory with --data`,
      );
      taken.release();
    }
  });

  it("is one that a leaf may share with what started it, and with no other leaf", async () => {
    const up = await takeDataDirectory(directory, "up");
    const leaf = await takeDataDirectory(directory, "leaf");
    await expect(takeDataDirectory(directory, "leaf")).rejects.toThrow("in use by another hedgerow leaf");
    expect(await askForDirectory(directory, "leaf")).toMatchObject({ kind: "in use" });
    leaf.release();
    (await takeDataDirectory(directory, "leaf")).release();
    up.release();
  });

  it("is refused where there is a file, in its place or above it", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    const refusal = "is no directory, or lies below something that is none; --data names another directory";
    for (const path of [file, join(file, "below"), join(file, "far", "below")]) {
      await expect(takeDataDirectory(path, "up")).rejects.toThrow(`${path} ${refusal}`);
    }
  });

  it.skipIf(process.getuid?.() === 0)("is refused where this user may not write", async () => {
    await chmod(directory, 0o500);
    await expect(takeDataDirectory(join(directory, "a"), "up")).rejects.toThrow("may not be made by this user");
    await expect(takeDataDirectory(directory, "up")).rejects.toThrow(`${directory} cannot be used`);
    await chmod(directory, 0o700);
  });

  it.skipIf(process.platform !== "linux")("is refused where the system makes none", async () => {
    await expect(takeDataDirectory("/proc/hedgerow/data", "up")).rejects.toThrow("/proc/hedgerow/data cannot be used");
  });
});
