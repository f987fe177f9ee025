import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { JetStreamCatalog } from "../../src/changes/jetstream-catalog.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import { type JetStreamServer, openJetStream } from "../../src/changes/jetstream-server.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { settingsOf } from "./model.ts";

describe.runIf(hasNatsServer("what a root knows of another's indexes on NATS JetStream"))("on NATS", () => {
  let server: NatsServer;
  let elsewhere: ChangeLog;
  let connected: JetStreamServer;

  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    elsewhere = await createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });
    connected = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
  });
  afterEach(async () => {
    await connected.connection.close();
    await elsewhere.close();
  });

  it("is up to date although reading what it was told of failed at first", async () => {
    let failures = 0;
    const last: JetStreamServer["last"] = (stream, subject) =>
      failures-- > 0 ? Promise.reject(new Error("the connection was lost")) : connected.last(stream, subject);
    const catalog = new JetStreamCatalog({ ...connected, last });
    await catalog.open();
    try {
      failures = 2;
      await elsewhere.createIndex("retried", settingsOf(1));
      await expect.poll(() => catalog.find("retried")?.incarnation, { timeout: 5_000 }).toBeDefined();
    } finally {
      catalog.close();
    }
  });

  it("is up to date although the watch of it has ended", async () => {
    const watches: { stop(): void }[] = [];
    const kept: JetStreamServer["catalog"] = Object.create(connected.catalog);
    kept.watch = async (options) => {
      const watch = await connected.catalog.watch(options);
      watches.push(watch);
      return watch;
    };
    const catalog = new JetStreamCatalog({ ...connected, catalog: kept });
    await catalog.open();
    try {
      for (const watch of watches) watch.stop();
      await elsewhere.createIndex("rewatched", settingsOf(1));
      await expect.poll(() => catalog.find("rewatched")?.incarnation, { timeout: 5_000 }).toBeDefined();
    } finally {
      catalog.close();
    }
  });
});
