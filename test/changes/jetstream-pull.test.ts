import { jetstreamManager as openStreams, type JetStreamManager as Streams } from "@nats-io/jetstream";
import { connect, createInbox, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { JetStreamCatalog } from "../../src/changes/jetstream-catalog.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import { changeStream } from "../../src/changes/jetstream-names.ts";
import { Puller } from "../../src/changes/jetstream-pull.ts";
import { openJetStream } from "../../src/changes/jetstream-server.ts";
import { JetStreamWatch } from "../../src/changes/jetstream-watch.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { readShard } from "./follow.ts";
import { put, settingsOf } from "./model.ts";

describe.runIf(hasNatsServer("reading a stream whose consumers are lost"))("on NATS", () => {
  let server: NatsServer;
  let other: NatsConnection;
  let admin: Streams;
  let log: ChangeLog;

  beforeAll(async () => {
    server = await startNatsServer();
    other = await connect({ servers: server.url });
    admin = await openStreams(other);
  });
  afterAll(async () => {
    await other.close();
    await server.remove();
  });
  beforeEach(async () => {
    log = await createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });
  });
  afterEach(() => log.close());

  async function consumers(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of admin.consumers.list(changeStream)) names.push(name);
    return names;
  }

  /** Takes messages away from a consumer, as a connection that breaks does. */
  async function lose(consumer: string, messages: number): Promise<void> {
    const inbox = createInbox();
    const taken = other.subscribe(inbox, { max: messages });
    other.publish(`$JS.API.CONSUMER.MSG.NEXT.${changeStream}.${consumer}`, JSON.stringify({ batch: messages }), {
      reply: inbox,
    });
    let count = 0;
    for await (const _ of taken) count++;
    expect(count).toBe(messages);
  }

  it("hears of other roots' appends after the server has lost the watch's consumer, and does not ask without end", async () => {
    const connected = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    const catalog = new JetStreamCatalog(connected);
    const { definition } = await log.createIndex("watched", settingsOf(1));
    await catalog.open();
    const before = new Set(await consumers());
    const watch = new JetStreamWatch(connected, catalog);
    try {
      let heard = 0;
      watch.onAppend((appended) => {
        for (const { incarnation, sequence } of appended) if (incarnation === definition.incarnation) heard = sequence;
      });
      await log.append(definition, [put("a")]);
      await expect.poll(() => heard).toBe(await log.head());
      const own = (await consumers()).filter((name) => !before.has(name));
      expect(own).toHaveLength(1);
      const asked = connected.connection.stats().outMsgs;
      for (const name of own) await admin.consumers.delete(changeStream, name);
      await log.append(definition, [put("b")]);
      await expect.poll(() => heard).toBe(await log.head());
      expect(connected.connection.stats().outMsgs - asked).toBeLessThan(20);
    } finally {
      watch.close();
      catalog.close();
      await connected.connection.close();
    }
  });

  it("says of a consumer that is gone that it is, and of one that has nothing that this was all", async () => {
    const connected = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    const before = new Set(await consumers());
    const puller = await Puller.open(connected, { from: (await log.head()) + 1 });
    try {
      const ask = { messages: 1, onMessage: () => undefined };
      expect(await puller.pull(ask)).toBe("ended");
      expect(await puller.pull({ ...ask, waitMs: 100 })).toBe("ended");
      for (const name of await consumers()) if (!before.has(name)) await admin.consumers.delete(changeStream, name);
      expect(await puller.pull(ask)).toBe("gone");
    } finally {
      puller.close();
      await connected.connection.close();
    }
  });

  it("leaves out no change that was lost on its way", async () => {
    const { definition } = await log.createIndex("lossy", settingsOf(1));
    const ids = Array.from({ length: 700 }, (_, i) => `doc-${i}`);
    await log.append(
      definition,
      ids.map((id) => put(id)),
    );
    const before = new Set(await consumers());
    const page = await log.read({ ...definition, shard: 0, after: 0, limitBytes: 1_000 });
    const own = (await consumers()).filter((name) => !before.has(name));
    expect(own).toHaveLength(1);
    for (const name of own) await lose(name, 20);
    const rest = await readShard(log, definition, { shard: 0, after: page.upTo, limitBytes: 1_000 });
    expect([...page.changes.map(({ id }) => id), ...rest.map(({ id }) => id)]).toEqual(ids);
  });
});
