import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { ChangeLog } from "../../src/changes/log.ts";
import { seededRandom } from "../../src/time.ts";
import { type Acknowledgement, appendGroup, bulkGroups, bulkSize, counters, index } from "./crash-writer.ts";
import { newEmbeddedHome } from "./embedded-home.ts";
import { readIndex } from "./follow.ts";

const kills = 30;
const writer = fileURLToPath(new URL("crash-writer.ts", import.meta.url));

it("has every acknowledged write, and none by half, after each of many kills", async () => {
  const random = seededRandom(20_261);
  const home = await newEmbeddedHome();
  const acknowledged = new Map<string, number>();
  try {
    for (let kill = 0; kill < kills; kill++) {
      await killAfter(home.directory, 1 + Math.floor(random.next() ** 2 * 150), acknowledged);
      const log = await home.open();
      await compare(log, acknowledged);
      await log.close();
    }
    expect(acknowledged.size).toBe(bulkGroups + counters);
  } finally {
    await home.remove();
  }
});

/** Runs a writer and kills it once it has said so many acknowledgements; takes down all that it has said. */
async function killAfter(directory: string, count: number, acknowledged: Map<string, number>): Promise<void> {
  const child = spawn(process.execPath, [writer, directory], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let said = 0;
  for await (const { group, stamp } of acknowledgements(child)) {
    acknowledged.set(group, stamp);
    if (++said === count) child.kill("SIGKILL");
  }
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
}

async function* acknowledgements(child: ChildProcess): AsyncGenerator<Acknowledgement> {
  if (child.stdout === null) throw new Error("the writer has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    // The kill may cut the last line short: that write was not acknowledged.
    if (!line.endsWith("}")) continue;
    const acknowledgement: Acknowledgement = JSON.parse(line);
    yield acknowledgement;
  }
}

/** Compares what the log holds with what was acknowledged; what it was seen to hold must then stay, too. */
async function compare(log: ChangeLog, acknowledged: Map<string, number>): Promise<void> {
  const definition = (await log.indexes()).find((one) => one.index === index);
  if (definition === undefined) throw new Error("the index is gone");
  const seen = await readIndex(log, definition);
  const stamps = new Map<string, Set<string | null>>();
  const members = new Map<string, number>();
  for (const { id, source } of seen) {
    const [group = id] = id.split("/");
    stamps.set(group, (stamps.get(group) ?? new Set()).add(source));
    members.set(group, (members.get(group) ?? 0) + 1);
    expect(Buffer.from((await log.get(index, id))?.source ?? []).toString()).toBe(source);
  }
  for (const [group, found] of stamps) {
    expect([group, found.size, members.get(group)]).toEqual([group, 1, group.startsWith("bulk") ? bulkSize : 1]);
    // Beyond the last acknowledgement there is at most the one write that was under way.
    const stamp = Number([...found][0]);
    const last = acknowledged.get(group) ?? 0;
    expect([group, stamp - last]).toEqual([group, stamp === last ? 0 : 1]);
    acknowledged.set(group, stamp);
    // A sender who never heard of a write sends it again: that changes nothing.
    if (group.startsWith("bulk")) await appendGroup(log, definition, { group, stamp });
  }
  expect(await readIndex(log, definition)).toEqual(seen);
  expect([...acknowledged.keys()].filter((group) => !stamps.has(group))).toEqual([]);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  expect(seen.at(-1)?.sequence ?? 0).toBeLessThanOrEqual(await log.head());
}
