import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeLog } from "../../src/changes/log.ts";
import { currentEra, isOnHistory } from "../../src/protocol/history.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { seededRandom } from "../../src/time.ts";
import type { LogHome } from "./contract.ts";
import { readShard } from "./follow.ts";
import { put, remove, settingsOf } from "./model.ts";

const deletesKept = 8;
/** Deletes go when there are a few more than those that are kept, not at every one. */
const deletesAtMost = deletesKept * 1.5;
const shard = 0;

/** What a change log promises of the deletes that it forgets. */
export function describeForgetting(name: string, newHome: () => Promise<LogHome>): void {
  describe(`${name}, forgetting deletes`, () => {
    let home: LogHome;
    let log: ChangeLog;
    let definition: IndexDefinition;

    beforeEach(async () => {
      home = await newHome();
      log = await home.open({ deletesKept });
      definition = (await log.createIndex("books", settingsOf(1))).definition;
    });
    afterEach(async () => {
      await log.close();
      await home.remove();
    });

    async function write(count: number, from = 0): Promise<string[]> {
      const ids = Array.from({ length: count }, (_, i) => `doc-${from + i}`);
      await log.append(
        definition,
        ids.map((id) => put(id)),
      );
      return ids;
    }
    async function deleteEach(ids: readonly string[]): Promise<void> {
      for (const id of ids) await log.append(definition, [remove(id)]);
    }
    function history(): ReturnType<ChangeLog["eras"]> {
      return log.eras({ incarnation: definition.incarnation, shard });
    }
    function seen(): ReturnType<typeof readShard> {
      return readShard(log, definition, { shard, after: 0, limitBytes: 1 << 20 });
    }
    async function tombstones(): Promise<string[]> {
      return (await seen()).flatMap(({ id, source }) => (source === null ? [id] : []));
    }

    it("keeps the latest of a shard, and every document", async () => {
      const ids = await write(60);
      await deleteEach(ids.slice(0, 40));
      await expect
        .poll(async () => (await tombstones()).length, { timeout: 20_000 })
        .toBeLessThanOrEqual(deletesAtMost);
      const kept = await tombstones();
      expect(kept.length).toBeGreaterThanOrEqual(deletesKept);
      expect(kept).toEqual(ids.slice(40 - kept.length, 40));
      expect((await seen()).flatMap(({ id, source }) => (source === null ? [] : [id]))).toEqual(ids.slice(40));
      for (const [i, id] of ids.entries()) expect((await log.get("books", id)) === undefined).toBe(i < 40);
      const head = await log.head();
      const again = await log.append(definition, [remove("doc-0"), put("doc-1", "anew", { kind: "absent" })]);
      expect(again).toMatchObject({
        outcomes: [{ found: false }, { kind: "written", sequence: head + 1, found: false }],
      });
    });

    it("tells who has missed some of them, and lets those go on who have not", async () => {
      const ids = await write(60);
      const behind = { era: currentEra(await history()), sequence: await log.head() };
      await deleteEach(ids.slice(0, 20));
      const between = { era: currentEra(await history()), sequence: await log.head() };
      expect(isOnHistory(between, await history())).toBe(true);
      await expect
        .poll(async () => (await tombstones()).length, { timeout: 20_000 })
        .toBeLessThanOrEqual(deletesAtMost);
      expect(isOnHistory(behind, await history())).toBe(false);
      expect(isOnHistory(between, await history())).toBe(true);
      await log.close();
      log = await home.open({ deletesKept });
      expect(isOnHistory(behind, await history())).toBe(false);
      expect(isOnHistory(between, await history())).toBe(true);
      expect(isOnHistory({ ...behind, sequence: between.sequence }, await history())).toBe(true);
      await log.dropIndex("books");
      expect((await log.createIndex("books", settingsOf(1))).kind).toBe("created");
    });

    it("brings every follower that heeds it to what stands, however slow it is", async () => {
      const random = seededRandom(90_210);
      const followers = Array.from({ length: 6 }, () => new Follower());
      const read: Parameters<Follower["step"]>[0] = {
        page: (after) => log.read({ ...definition, shard, after, limitBytes: 300 }),
        eras: history,
      };
      const standing = new Map<string, string>();
      for (let turn = 0; turn < 400; turn++) {
        const id = `${Math.floor(random.next() * 60)}`;
        const isDelete = random.next() < 0.45;
        await log.append(definition, [isDelete ? remove(id) : put(id, `${turn}`)]);
        if (isDelete) standing.delete(id);
        else standing.set(id, `${turn}`);
        // The later ones are slower: they miss many deletes between two of their pages.
        for (const [i, follower] of followers.entries()) if (random.next() < 0.5 ** (2 * i)) await follower.step(read);
      }
      for (const follower of followers) {
        while (await follower.step(read));
        expect(follower.held).toEqual(standing);
      }
      expect(followers.reduce((sum, { restarts }) => sum + restarts, 0)).toBeGreaterThan(0);
      expect(followers[0]?.restarts).toBe(0);
    });
  });
}

/** A follower as a replica and its feed are one together. */
class Follower {
  readonly held = new Map<string, string>();
  restarts = 0;
  #era = "";
  #sequence = 0;
  #told: string | undefined;

  /** Takes one page, or hears what has been forgotten. Returns whether there may be more. */
  async step(log: {
    page: (after: number) => ReturnType<ChangeLog["read"]>;
    eras: () => ReturnType<ChangeLog["eras"]>;
  }): Promise<boolean> {
    const { changes, more, forgotten } = await log.page(this.#sequence);
    if (this.#era === "" || forgotten?.id !== this.#told) {
      const eras = await log.eras();
      if (this.#era !== "" && !isOnHistory({ era: this.#era, sequence: this.#sequence }, eras)) this.#restart();
      this.#era = currentEra(eras);
      this.#told = eras.findLast(({ deletes }) => deletes !== undefined)?.id;
      return true;
    }
    for (const change of changes) {
      if (change.kind === "delete") this.held.delete(change.id);
      else this.held.set(change.id, Buffer.from(change.source).toString());
    }
    this.#sequence = Math.max(this.#sequence, changes.at(-1)?.sequence ?? 0, more ? 0 : (forgotten?.deletes ?? 0));
    return more;
  }

  #restart(): void {
    this.restarts++;
    this.held.clear();
    this.#sequence = 0;
  }
}
