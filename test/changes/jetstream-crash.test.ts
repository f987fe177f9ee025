import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { safeSince } from "../../src/changes/jetstream-durability.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { seededRandom } from "../../src/time.ts";
import { type Acknowledgement, appendGroup, bulkGroups, bulkSize, counters, index } from "./crash-writer.ts";
import { readIndex } from "./follow.ts";

/** Each kills the server under the writer, and then both at the same time: thirty kills. */
const rounds = 10;
const writer = fileURLToPath(new URL("crash-writer.ts", import.meta.url));

describe.runIf(hasNatsServer("the crash test of the change log on NATS JetStream", safeSince))("on NATS", () => {
  it("has every acknowledged write, each document whole, after each of many kills of server and writer", async () => {
    const random = seededRandom(4_261);
    const server = await startNatsServer();
    const acknowledged = new Map<string, number>();
    try {
      for (let round = 0; round < rounds; round++) {
        const first = 1 + Math.floor(random.next() ** 2 * 80);
        await killTwice(server, [first, first + 1 + Math.floor(random.next() ** 2 * 80)], acknowledged);
        const log = await createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });
        await compare(log, acknowledged);
        await log.close();
      }
      expect(acknowledged.size).toBe(bulkGroups + counters);
    } finally {
      await server.remove();
    }
  });
});

/**
 * Runs a writer; kills the server after so many acknowledgements and starts it again, which the writer must outlive;
 * later kills both.
 */
async function killTwice(
  server: NatsServer,
  [serverAt, bothAt]: [number, number],
  acknowledged: Map<string, number>,
): Promise<void> {
  const child = spawn(process.execPath, [writer, server.url], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let said = 0;
  let restarted: Promise<void> | undefined;
  for await (const { group, stamp } of acknowledgements(child)) {
    acknowledged.set(group, stamp);
    said++;
    if (said === serverAt) restarted = server.kill().then(() => server.start());
    if (said === bothAt) {
      await restarted;
      child.kill("SIGKILL");
      await server.kill();
    }
  }
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
  await server.start();
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

/** Compares what the log holds with what was acknowledged; an append that was under way may stand in part. */
async function compare(log: ChangeLog, acknowledged: Map<string, number>): Promise<void> {
  const definition = (await log.indexes()).find((one) => one.index === index);
  if (definition === undefined) throw new Error("the index is gone");
  const stamps = new Map<string, number[]>();
  for (const { id, source } of await readIndex(log, definition)) {
    const [group = id] = id.split("/");
    stamps.set(group, [...(stamps.get(group) ?? []), Number(source)]);
  }
  for (const [group, found] of stamps) {
    const last = acknowledged.get(group) ?? 0;
    const isBulk = group.startsWith("bulk");
    for (const stamp of found) expect([group, stamp === last || stamp === last + 1]).toEqual([group, true]);
    const under = Math.max(...found);
    // A sender who never heard of a write sends it again: that completes it, and changes nothing of what stands.
    const again = { group, stamp: under };
    if (isBulk) {
      expect(await appendGroup(log, definition, again)).toEqual(await appendGroup(log, definition, again));
    }
    if (under > last || isBulk) acknowledged.set(group, under);
  }
  const seen = await readIndex(log, definition);
  for (const { id, source } of seen) {
    const [group = id] = id.split("/");
    expect([id, source]).toEqual([id, String(acknowledged.get(group))]);
    expect(Buffer.from((await log.get(index, id))?.source ?? []).toString()).toBe(source);
  }
  expect(seen.filter(({ id }) => id.startsWith("bulk")).length % bulkSize).toBe(0);
  expect([...acknowledged.keys()].filter((group) => !stamps.has(group))).toEqual([]);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  expect(seen.at(-1)?.sequence ?? 0).toBeLessThanOrEqual(await log.head());
}
