import { jetstreamManager as openStreams } from "@nats-io/jetstream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { JetStreamCatalog } from "../../src/changes/jetstream-catalog.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import { catalogStream } from "../../src/changes/jetstream-names.ts";
import { Puller } from "../../src/changes/jetstream-pull.ts";
import { openJetStream } from "../../src/changes/jetstream-server.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { put, settingsOf } from "./model.ts";

/** Longer than any test waits. */
const longMs = 600_000;

/** Before heartbeats are missed. */
const soon = { timeout: 8_000 };

const what = "hearing of other roots again once the log's server is back";
describe.runIf(hasNatsServer(what))("on NATS", { timeout: 20_000 }, () => {
  let server: NatsServer;
  let here: ChangeLog;
  let there: ChangeLog;
  const open = (): Promise<ChangeLog> => createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });

  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    [here, there] = [await open(), await open()];
  });
  afterEach(async () => {
    await here.close();
    await there.close();
  });

  it("gives a pull up with the connection that it was asked on", async () => {
    const connected = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    const puller = await Puller.open(connected, { from: (await here.head()) + 1 });
    const pulled = puller.pull({ messages: 1, waitMs: longMs, onMessage: () => undefined });
    await server.kill();
    expect(await pulled).toBe("gone");
    await server.start();
    puller.close();
    await connected.connection.close();
  });

  it("hears of another root's indexes, leaves and writes", async () => {
    const { definition } = await there.createIndex("before", settingsOf(1));
    let heard = 0;
    here.onAppend((appended) => {
      for (const { incarnation, sequence } of appended) if (incarnation === definition.incarnation) heard = sequence;
    });
    await expect.poll(() => here.indexes()).toHaveLength(1);
    await there.append(definition, [put("a")]);
    await expect.poll(() => heard).toBe(await there.head());
    await server.kill();
    await server.start();
    await there.append(definition, [put("b")]);
    await there.createIndex("after", settingsOf(1));
    await there.members.announce({ name: "leaf", url: "http://127.0.0.1:1", leaving: false });
    await expect.poll(() => heard, soon).toBeGreaterThan(definition.incarnation + 1);
    await expect.poll(() => here.indexes(), soon).toHaveLength(2);
    await expect.poll(() => here.members.all(), soon).toHaveLength(1);
  });

  it("hears of another root's indexes although its consumer was forgotten while it was cut off", async () => {
    const { connection, ...connected } = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    const catalog = new JetStreamCatalog({ connection, ...connected });
    await catalog.open();
    const { consumers } = await openStreams(connection);
    for await (const { name } of consumers.list(catalogStream)) await consumers.delete(catalogStream, name);
    await connection.reconnect();
    await there.createIndex("since", settingsOf(1));
    await expect.poll(() => catalog.find("since"), soon).toBeDefined();
    catalog.close();
    await connection.close();
  });
});
