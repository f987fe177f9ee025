import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A disk of some megabytes that a test may fill up or break, mounted at a directory. */
export type SmallDisk = {
  /** Takes all the room that is left but so many bytes. */
  fill(leaveBytes: number): void;
  /** Gives that room back. */
  relieve(): void;
  /** Has the file system meet an error under whoever uses it: it goes read-only, as real ones do. */
  breakDown(): void;
  /** What an operator does afterwards, when nobody uses it any more. */
  mend(): void;
  remove(): void;
};

const diskBytes = 40 << 20;

/** Whether disks can be made here; says so loudly when they cannot. */
export function canMountDisks(what: string): boolean {
  const tools = ["mkfs.ext4", "losetup", "mount"].every((tool) => spawnSync("which", [tool]).status === 0);
  const can = process.platform === "linux" && process.getuid?.() === 0 && tools && hasFreeLoop();
  if (!can) process.stderr.write(`\nNOT RUN: ${what}. That needs root, loop devices and ext4.\n`);
  return can;
}

function hasFreeLoop(): boolean {
  return spawnSync("losetup", ["--find"]).status === 0;
}

/** Makes a disk in a file and mounts it at a directory. */
export function mountSmallDisk(directory: string): SmallDisk {
  const image = `${directory}.image`;
  const filler = join(directory, "filler");
  mkdirSync(directory, { recursive: true });
  writeFileSync(image, "");
  truncateSync(image, diskBytes);
  execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", image]);
  mount();
  return {
    fill(leaveBytes) {
      const available = Number(
        execFileSync("df", ["--output=avail", "--block-size=1", directory], { encoding: "utf8" }).split("\n")[1],
      );
      execFileSync("fallocate", ["--length", String(Math.max(4096, available - leaveBytes)), filler]);
    },
    relieve: () => rmSync(filler, { force: true }),
    breakDown() {
      const device = execFileSync("findmnt", ["--noheadings", "--output", "SOURCE", directory], { encoding: "utf8" });
      writeFileSync(`/sys/fs/ext4/${basename(device.trim())}/trigger_fs_error`, "broken by a test");
    },
    mend() {
      execFileSync("umount", [directory]);
      spawnSync("fsck.ext4", ["-p", "-f", image]);
      mount();
    },
    remove() {
      // A test that failed may have left a process on it: the mount then goes when that does.
      execFileSync("umount", ["--lazy", directory]);
      if (existsSync(image)) rmSync(image);
    },
  };

  function mount(): void {
    execFileSync("mount", ["-o", "loop,errors=remount-ro", image, directory]);
  }
}
