import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { readBackup } from "../../src/protocol/backup.ts";
import { standingIn, writeBackup } from "../../src/root/backup.ts";
import { testSettings } from "../engine/layout.ts";

describe("a backup of indexes that others change meanwhile", () => {
  let log: ChangeLog;
  let directory = "";

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hedgerow-backup-"));
    log = await createEmbeddedLog({ directory });
    for (const name of ["a", "b"]) {
      const { definition } = await log.createIndex(name, testSettings);
      const source = Buffer.from('{"id":"1"}');
      await log.append(definition, [{ kind: "put", id: "1", source, condition: { kind: "none" } }]);
    }
    await log.setAliases({ books: "b" });
  });
  afterEach(async () => {
    await log.close();
    await rm(directory, { recursive: true });
  });

  /** Reads a backup as its command does; `change` happens before the log is read for the index named. */
  async function read(index: string, change: () => Promise<unknown>) {
    let changed = false;
    const reading: Pick<ChangeLog, "read" | "indexes"> = {
      indexes: () => log.indexes(),
      async read(request) {
        if (!changed && request.index === index) {
          changed = true;
          await change();
        }
        return log.read(request);
      },
    };
    const seen: string[] = [];
    const backup = writeBackup({ ...(await standingIn(log)), log: reading, documents: 2 });
    for await (const line of readBackup(backup)) seen.push(line.kind);
    return seen;
  }

  it.each(["a", "b"])("is none where %s is dropped before it has been read", async (index) => {
    const failure = await read(index, () => log.dropIndex(index)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: "DamagedBackup",
      message: `the index "${index}" was dropped while it was backed up; begin again`,
    });
  });

  it("is none where an index was made anew under its name", async () => {
    const anew = async (): Promise<void> => {
      await log.dropIndex("b");
      await log.createIndex("b", testSettings);
    };
    await expect(read("b", anew)).rejects.toThrow('"b" was dropped');
  });

  it("is whole where one comes to stand meanwhile", async () => {
    const seen = await read("a", () => log.createIndex("c", testSettings));
    expect(seen).toEqual(["backup", "index", "document", "index", "document", "aliases", "end"]);
  });

  it("begins with aliases whose targets are all in it, whatever is switched at that moment", async () => {
    const switched = async (): Promise<void> => {
      await log.createIndex("new", testSettings);
      await log.setAliases({ books: "new" });
      await log.dropIndex("b");
    };
    for (const at of ["aliases", "indexes"] as const) {
      let looks = 0;
      const look = async (kind: typeof at): Promise<void> => {
        if (kind === at && looks++ === 0) await switched();
      };
      const { definitions, aliases } = await standingIn({
        async aliases() {
          const found = await log.aliases();
          await look("aliases");
          return found;
        },
        async indexes() {
          const found = await log.indexes();
          await look("indexes");
          return found;
        },
      });
      const names = definitions.map(({ index }) => index);
      for (const target of Object.values(aliases)) expect(names).toContain(target);
      expect(Object.keys(aliases)).toEqual(["books"]);
      await log.createIndex("b", testSettings);
      await log.setAliases({ books: "b" });
      await log.dropIndex("new");
    }
  });
});
