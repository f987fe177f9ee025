import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { JetStreamCatalog } from "../../src/changes/jetstream-catalog.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import {
  catalogStream,
  catalogSubject,
  changeStream,
  incarnationFilter,
  receiptFilter,
  receiptStream,
} from "../../src/changes/jetstream-names.ts";
import { JetStreamReclaimer } from "../../src/changes/jetstream-reclaimer.ts";
import { type JetStreamServer, openJetStream } from "../../src/changes/jetstream-server.ts";
import { JetStreamWatch } from "../../src/changes/jetstream-watch.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { put, settingsOf } from "./model.ts";

describe.runIf(hasNatsServer("what dropped indexes leave on NATS JetStream"))("on NATS", () => {
  let server: NatsServer;
  let connected: JetStreamServer;
  let catalog: JetStreamCatalog;

  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.remove());
  beforeEach(async () => {
    connected = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    catalog = new JetStreamCatalog(connected);
    await catalog.open();
  });
  afterEach(async () => {
    catalog.close();
    await connected.connection.close();
  });

  const open = (): Promise<ChangeLog> => createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });

  /** An index with documents and a receipt, through a log that is closed again. */
  async function fill(index: string): Promise<number> {
    const log = await open();
    const { definition } = await log.createIndex(index, settingsOf(2));
    await log.append(definition, [put("a"), put("b"), put("c")], "key");
    await log.close();
    await catalog.refresh();
    expect(await left(definition.incarnation)).toEqual({ changes: 3, receipts: 1, settings: true });
    return definition.incarnation;
  }

  async function left(incarnation: number): Promise<{ changes: number; receipts: number; settings: boolean }> {
    const count = async (stream: string, filter: string): Promise<number> => {
      const { state } = await connected.admin.streams.info(stream, { subjects_filter: filter });
      return Object.keys(state.subjects ?? {}).length;
    };
    const settings = await connected.last(catalogStream, catalogSubject(`settings.${incarnation}`));
    return {
      changes: await count(changeStream, incarnationFilter(incarnation)),
      receipts: await count(receiptStream, receiptFilter(incarnation)),
      settings: settings !== undefined && settings.data.length > 0,
    };
  }

  const nothing = { changes: 0, receipts: 0, settings: false };

  it("is freed by whoever opens the log when the root that dropped the index could not", async () => {
    const incarnation = await fill("orphan");
    await catalog.drop("orphan");
    expect((await left(incarnation)).changes).toBe(3);
    const log = await open();
    await expect.poll(() => left(incarnation)).toEqual(nothing);
    await log.close();
    await catalog.refresh();
    expect(catalog.dropped).toEqual([]);
  });

  it("is freed by a root that only heard of the drop, behind its own last writes", async () => {
    const incarnation = await fill("elsewhere");
    let finish = (): void => undefined;
    const writing = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const reclaimer = new JetStreamReclaimer({ server: connected, catalog, settled: () => writing });
    const log = await open();
    await log.dropIndex("elsewhere");
    await log.close();
    await expect.poll(() => left(incarnation)).toEqual(nothing);
    await expect.poll(() => catalog.find("elsewhere")).toBeUndefined();
    await connected.client.publish(`${incarnationFilter(incarnation).slice(0, -1)}0.bGF0ZQ`);
    expect((await left(incarnation)).changes).toBe(1);
    finish();
    await expect.poll(() => left(incarnation)).toEqual(nothing);
    await reclaimer.close();
  });

  it("is freed although the server did not answer at first", async () => {
    const incarnation = await fill("retried");
    let failures = 2;
    const streams: JetStreamServer["admin"]["streams"] = Object.create(connected.admin.streams);
    streams.purge = (name, options) =>
      failures-- > 0 ? Promise.reject(new Error("timeout")) : connected.admin.streams.purge(name, options);
    const admin: JetStreamServer["admin"] = Object.create(connected.admin, { streams: { value: streams } });
    const reclaimer = new JetStreamReclaimer({
      server: { ...connected, admin },
      catalog,
      settled: () => Promise.resolve(),
    });
    await catalog.drop("retried");
    await expect.poll(() => left(incarnation)).toEqual(nothing);
    await reclaimer.close();
    expect(catalog.dropped).toEqual([]);
  });

  it("is not remembered by a root that only heard of the drop", async () => {
    const incarnation = await fill("forgotten");
    const own = new JetStreamCatalog(connected);
    await own.open();
    const watch = new JetStreamWatch(connected, own);
    let told = 0;
    // A shard of which the stream itself tells nothing.
    const shard = 7;
    watch.onAppend((appended) => {
      told += appended.filter((one) => one.shard === shard).length;
    });
    const news = [{ index: "forgotten", incarnation, shard, sequence: incarnation + 1 }];
    try {
      watch.announce(news);
      watch.announce(news);
      expect(told).toBe(1);
      await catalog.drop("forgotten");
      await expect.poll(() => own.find("forgotten")).toBeUndefined();
      watch.announce(news);
      expect(told).toBe(2);
    } finally {
      watch.close();
      own.close();
    }
  });
});
