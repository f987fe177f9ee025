import { describe, expect, it } from "vitest";
import { EmbeddedMembers } from "../../src/changes/embedded-members.ts";
import type { Announcement } from "../../src/changes/members.ts";
import { yieldToLoop } from "../../src/time.ts";

const leaf: Announcement = { name: "leaf-1", url: "http://127.0.0.1:9001", leaving: false };

/** A disk that takes what it is given in order, each in a turn of the loop, while it has room. */
function members() {
  const kept = new Map<string, Announcement>();
  const disk = { kept, isFull: false };
  let before: Promise<unknown> = Promise.resolve();
  const take = (change: () => unknown): Promise<void> => {
    const done = before.then(yieldToLoop).then(() => {
      if (disk.isFull) throw new Error("the disk is full");
      change();
    });
    before = done.catch(() => undefined);
    return done;
  };
  const log = new EmbeddedMembers({
    read: async () => [...kept.values()],
    set: (member) => take(() => kept.set(member.name, member)),
    remove: (name) => take(() => kept.delete(name)),
  });
  return { log, disk };
}

describe("a leaf that is taken off", () => {
  it("stands until the disk has it, and can be taken off again", async () => {
    const { log, disk } = members();
    await log.announce(leaf);
    disk.isFull = true;
    await expect(log.remove(leaf.name)).rejects.toThrow("full");
    expect(await log.all()).toMatchObject([leaf]);
    disk.isFull = false;
    expect(await log.remove(leaf.name)).toBe(true);
    expect([await log.all(), disk.kept.size]).toEqual([[], 0]);
  });

  it("is not lost to the disk where another life of it announces itself at that moment", async () => {
    const { log, disk } = members();
    await log.announce(leaf);
    const [standing] = await log.all();
    const next = { ...leaf, life: "next" };
    const said = log.announce(next);
    await Promise.resolve();
    expect(await log.remove(leaf.name, standing?.beat)).toBe(false);
    await said;
    expect([await log.all(), ...disk.kept.values()]).toMatchObject([[next], next]);
  });

  it("is taken off once, whoever does it at the same time", async () => {
    const { log } = members();
    await log.announce(leaf);
    expect(await Promise.all([log.remove(leaf.name), log.remove(leaf.name)])).toEqual([true, false]);
  });
});
