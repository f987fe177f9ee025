import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { BackupWriter } from "../../src/protocol/backup.ts";
import { restoringIndex } from "../../src/root/catalog.ts";
import { type RestoreReport, restore } from "../../src/root/restore.ts";
import { testSettings } from "../engine/layout.ts";
import { virtualTime } from "../support/virtual-time.ts";

const names = ["one", "two", "three"];

/** The pieces of a backup: its head, each index with a document, and its tail. */
function pieces(): Buffer[] {
  const { placementSalt: _, ...settings } = testSettings;
  const writer = new BackupWriter();
  return [
    writer.begin(names, names.length),
    ...names.map((name) =>
      Buffer.concat([writer.index({ name, settings }), writer.documents([Buffer.from('{"id":"1"}')])]),
    ),
    Buffer.concat([writer.aliases({ first: "one" }), writer.end()]),
  ];
}

describe("restores into one log", () => {
  let log: ChangeLog;
  let directory = "";

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hedgerow-restore-"));
    log = await createEmbeddedLog({ directory });
  });
  afterEach(async () => {
    await log.close();
    await rm(directory, { recursive: true });
  });

  function fill(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, into: Partial<ChangeLog> = {}) {
    const { timers } = virtualTime();
    const parts: Parameters<typeof restore>[1]["log"] = {
      append: (...args) => log.append(...args),
      createIndex: (...args) => log.createIndex(...args),
      dropIndex: (...args) => log.dropIndex(...args),
      indexes: () => log.indexes(),
      setAliases: (set) => log.setAliases(set),
      ...into,
    };
    const settle = () => testSettings;
    return restore(source, { log: parts, timers, settle });
  }
  const standing = async (): Promise<string[]> => (await log.indexes()).map(({ index }) => index).sort();

  /** A second restore runs whole when so many pieces of the first have come; the first then breaks off or goes on. */
  async function overtaken(after: number, breaksOff: boolean) {
    let second: RestoreReport | undefined;
    const first = async function* (): AsyncGenerator<Uint8Array, void> {
      for (const [i, piece] of pieces().entries()) {
        if (i === after) {
          second = await fill(pieces());
          if (breaksOff) throw new Error("the client is gone");
        }
        yield piece;
      }
    };
    const failure = await fill(first()).then(
      () => undefined,
      (error: unknown) => error,
    );
    return { failure, second };
  }

  it.each([1, 2, 3, 4].flatMap((after) => [true, false].map((breaksOff) => ({ after, breaksOff }))))(
    "harm none that has taken over, and are not taken for whole ($after, breaks off: $breaksOff)",
    async ({ after, breaksOff }) => {
      const { failure, second } = await overtaken(after, breaksOff);
      const last = await log.get("three", "1");
      expect(second).toEqual({ indexes: names, documents: 3, aliases: 1, token: String(last?.version) });
      expect(failure).toMatchObject({ code: "not_ready" });
      expect(await standing()).toEqual([...names].sort());
      expect(await log.aliases()).toEqual({ first: "one" });
      for (const name of names) expect((await log.get(name, "1"))?.source.toString()).toBeDefined();
    },
  );

  it("leave the marker to one that has taken over and is still under way", async () => {
    let broken: unknown;
    const first = async function* (): AsyncGenerator<Uint8Array, void> {
      yield* pieces().slice(0, 3);
      const second = async function* (): AsyncGenerator<Uint8Array, void> {
        yield* pieces().slice(0, 2);
        hasBegun();
        await goOn;
        yield* pieces().slice(2);
      };
      const begun = new Promise<void>((resolve) => {
        hasBegun = resolve;
      });
      done = fill(second());
      await begun;
      throw new Error("the client is gone");
    };
    let hasBegun = (): void => undefined;
    let goAhead = (): void => undefined;
    let done: Promise<RestoreReport> | undefined;
    const goOn = new Promise<void>((resolve) => {
      goAhead = resolve;
    });
    await fill(first()).catch((error: unknown) => {
      broken = error;
    });
    expect(broken).toMatchObject({ code: "not_ready" });
    expect(await standing()).toEqual([restoringIndex, "one"]);
    goAhead();
    expect(await done).toMatchObject({ documents: 3 });
    expect(await standing()).toEqual([...names].sort());
  });

  it("refuse where an index was created between the first look and the marker, and keep it", async () => {
    let looks = 0;
    const refused = fill(pieces(), {
      async indexes() {
        const found = await log.indexes();
        if (looks++ === 0) await log.createIndex("acknowledged", testSettings);
        return found;
      },
    });
    await expect(refused).rejects.toMatchObject({
      code: "index_exists",
      message: expect.stringMatching(/the cluster holds acknowledged/),
    });
    expect(await standing()).toEqual(["acknowledged"]);
  });

  it("put nothing into an index that somebody created meanwhile, and keep it", async () => {
    const source = async function* (): AsyncGenerator<Uint8Array, void> {
      for (const [i, piece] of pieces().entries()) {
        if (i === 2) await log.createIndex("three", { ...testSettings, shards: 7 });
        yield piece;
      }
    };
    await expect(fill(source())).rejects.toMatchObject({ code: "index_exists" });
    expect((await log.indexes()).map(({ index, settings }) => [index, settings.shards])).toEqual([["three", 7]]);
    expect(await log.get("three", "1")).toBeUndefined();
  });

  it("say so where something that had come was dropped before the end", async () => {
    const source = async function* (): AsyncGenerator<Uint8Array, void> {
      yield* pieces().slice(0, 4);
      await log.dropIndex("two");
      yield* pieces().slice(4);
    };
    await expect(fill(source())).rejects.toMatchObject({
      code: "not_ready",
      message: expect.stringMatching(/"two" was dropped/),
    });
    expect(await standing()).toEqual([]);
  });

  it.each([
    ["is cut off", Buffer.from('{"id":"2"'), "a document is not JSON: "],
    [
      "is not UTF-8",
      Buffer.from('{"id":"2","title":"caf\xe9"}', "latin1"),
      "a document is not JSON: it is not UTF-8; ",
    ],
    ["has no id", Buffer.from("{}"), "what should be a document is none: "],
  ])("keep nothing where a document %s", async (_, source, why) => {
    const { placementSalt: _salt, ...settings } = testSettings;
    const writer = new BackupWriter();
    const backup = [
      writer.begin(["one"], 2),
      writer.index({ name: "one", settings }),
      writer.documents([Buffer.from('{"id":"1"}'), source]),
      writer.end(),
    ];
    await expect(fill(backup)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining(why),
    });
    expect(await standing()).toEqual([]);
  });
});
