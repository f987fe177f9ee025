import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { JetStreamAppender } from "../../src/changes/jetstream-appender.ts";
import { JetStreamCatalog } from "../../src/changes/jetstream-catalog.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import { JetStreamQueue } from "../../src/changes/jetstream-queue.ts";
import { type JetStreamServer, openJetStream } from "../../src/changes/jetstream-server.ts";
import { JetStreamWatch } from "../../src/changes/jetstream-watch.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import type { IndexDefinition } from "../../src/protocol/settings.ts";
import { readIndex } from "./follow.ts";
import { put, settingsOf } from "./model.ts";

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
      await expect.poll(() => catalog.find("retried")?.incarnation).toBeDefined();
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
      await expect.poll(() => catalog.find("rewatched")?.incarnation).toBeDefined();
    } finally {
      catalog.close();
    }
  });

  describe("an append through a root that has not heard of a drop yet", () => {
    let standing: IndexDefinition;
    let watch: JetStreamWatch;
    let appender: JetStreamAppender;

    async function stand(index: string): Promise<void> {
      standing = (await elsewhere.createIndex(index, settingsOf(1))).definition;
      const catalog = new JetStreamCatalog(connected);
      await catalog.refresh();
      watch = new JetStreamWatch(connected, catalog);
      const queue = new JetStreamQueue(connected, watch, 1 << 20);
      appender = new JetStreamAppender({ server: connected, catalog, queue });
    }
    afterEach(() => watch.close());

    it.each([undefined, "key"])("finds no index where none stands (idempotency key %j)", async (key) => {
      await stand("dropped");
      const writes = [put("a")];
      expect(await appender.append(standing, writes, key)).toMatchObject({ kind: "appended" });
      await elsewhere.dropIndex("dropped");
      expect(await appender.append(standing, writes, key)).toEqual({ kind: "unknown_index" });
    });

    it.each([undefined, "key"])("leaves the index alone that stands by then (idempotency key %j)", async (key) => {
      const index = `anew ${key}`;
      await stand(index);
      const writes = [put("a")];
      await appender.append(standing, writes, key);
      await elsewhere.dropIndex(index);
      const { definition } = await elsewhere.createIndex(index, settingsOf(1));
      expect(await appender.append(standing, writes, key)).toEqual({ kind: "unknown_index" });
      expect(await readIndex(elsewhere, definition)).toEqual([]);
      const result = await appender.append(definition, writes, key);
      const seen = await readIndex(elsewhere, definition);
      expect(seen.map(({ id }) => id)).toEqual(["a"]);
      expect(result).toMatchObject({ kind: "appended", sequence: seen[0]?.sequence });
    });

    it("goes into an index that another root has made a moment ago", async () => {
      await stand("former");
      const { definition } = await elsewhere.createIndex("fresh", settingsOf(1));
      expect(await appender.append(definition, [put("a")])).toMatchObject({ kind: "appended" });
    });
  });
});
