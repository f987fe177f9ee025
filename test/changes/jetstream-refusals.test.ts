import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import { receiptStream, receiptSubject } from "../../src/changes/jetstream-names.ts";
import { claimKey } from "../../src/changes/jetstream-receipts.ts";
import { openJetStream } from "../../src/changes/jetstream-server.ts";
import type { ChangeLog } from "../../src/changes/log.ts";
import { packWrites } from "../../src/changes/packed-writes.ts";
import { fingerprintOf } from "../../src/changes/receipt-table.ts";
import { readIndex } from "./follow.ts";
import { put, settingsOf } from "./model.ts";

describe.runIf(hasNatsServer("what the change log on NATS JetStream refuses"))("on NATS", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.remove());

  const open = (): Promise<ChangeLog> => createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });

  it("refuses a single server that is not known to sync, and says what to do", async () => {
    const opening = createJetStreamLog({ urls: [server.url], replicas: 1 });
    await expect(opening).rejects.toMatchObject({
      code: "storage_unavailable",
      message: expect.stringContaining("--accept-unsynced-log"),
    });
  });

  it("refuses more copies than there are servers, and a server that is not there", async () => {
    const copies = createJetStreamLog({ urls: [server.url], replicas: 3 });
    await expect(copies).rejects.toMatchObject({ code: "storage_unavailable" });
    const nobody = createJetStreamLog({ urls: ["nats://127.0.0.1:1"], replicas: 3 });
    await expect(nobody).rejects.toMatchObject({ code: "storage_unavailable" });
  });

  it("refuses a document that no message can hold, and writes nothing of its append", async () => {
    const log = await open();
    const { definition } = await log.createIndex("large", settingsOf(1));
    const most = log.documentBytesMax ?? 0;
    expect(most).toBe((8 << 20) - 512);
    const large = put("large", "x".repeat(most + 1));
    await expect(log.append(definition, [put("small"), large])).rejects.toMatchObject({ code: "too_large" });
    const id = "i".repeat(512);
    const largest = put(id, "x".repeat(most), { kind: "absent" });
    expect(await log.append(definition, [largest], "k".repeat(256))).toMatchObject({ kind: "appended" });
    expect((await log.get("large", id))?.source).toHaveLength(most);
    expect(await log.get("large", "small")).toBeUndefined();
    await log.close();
  });

  it("refuses aliases and settings that no message can hold, and goes on with what it has", async () => {
    const log = await open();
    const { definition } = await log.createIndex("whole", settingsOf(1));
    const large = "x".repeat(8 << 20);
    await expect(log.setAliases({ [large]: "whole" })).rejects.toMatchObject({ code: "too_large" });
    const settings = { ...settingsOf(1), stopWords: [large] };
    await expect(log.createIndex("wide", settings)).rejects.toMatchObject({ code: "too_large" });
    await log.setAliases({ other: "whole" });
    expect(await log.aliases()).toEqual({ other: "whole" });
    expect(await log.indexes()).toContainEqual(definition);
    await log.close();
  });

  it.each([1, 2, 3, 4, 5])(
    "lets one of two requests win that come with one key through two roots (%i)",
    async (round) => {
      const roots = await Promise.all([open(), open()]);
      const { definition } = await roots[0].createIndex(`claimed-${round}`, settingsOf(2));
      const bodies = roots.map((_, root) => Array.from({ length: 5 }, (_, i) => put(`${i}`, `of ${root}`)));
      const results = await Promise.allSettled(roots.map((log, i) => log.append(definition, bodies[i] ?? [], "key")));
      const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
      expect(refused).toMatchObject([{ code: "invalid_request", message: expect.stringContaining("came before") }]);
      const winner = results.findIndex(({ status }) => status === "fulfilled");
      const stands = (await readIndex(roots[0], definition)).map(({ source }) => source);
      expect(stands).toEqual(Array.from({ length: 5 }, () => `of ${winner}`));
      await Promise.all(roots.map((log) => log.close()));
    },
  );

  it("answers the same request alike that comes through two roots at once", async () => {
    const roots = await Promise.all([open(), open()]);
    const { definition } = await roots[0].createIndex("alike", settingsOf(2));
    const writes = Array.from({ length: 5 }, (_, i) => put(`${i}`, "once"));
    const [first, second] = await Promise.all(roots.map((log) => log.append(definition, writes, "key")));
    expect(second).toEqual(first);
    expect(await readIndex(roots[0], definition)).toHaveLength(5);
    await Promise.all(roots.map((log) => log.close()));
  });

  it("carries out a request whose key was taken by a root that died before it wrote, and refuses others", async () => {
    const log = await open();
    const { definition } = await log.createIndex("orphaned", settingsOf(2));
    const writes = [put("a")];
    const fingerprint = Buffer.from(fingerprintOf(packWrites(writes))).toString("hex");
    const dead = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    expect(await claimKey(dead, { ...definition, key: "key", fingerprint })).toBeUndefined();
    await dead.connection.close();
    await expect(log.append(definition, [put("b")], "key")).rejects.toMatchObject({ code: "invalid_request" });
    const first = await log.append(definition, writes, "key");
    expect(first).toMatchObject({ kind: "appended" });
    expect(await log.append(definition, writes, "key")).toEqual(first);
    expect((await readIndex(log, definition)).map(({ id }) => id)).toEqual(["a"]);
    await log.close();
  });

  it("finds what a request with a key has written when its receipt is gone", async () => {
    const log = await open();
    const { definition } = await log.createIndex("keyed", settingsOf(2));
    const writes = Array.from({ length: 30 }, (_, i) => put(`${i}`, "once", { kind: "absent" }));
    const first = await log.append(definition, writes, "key");
    const connection = await connect({ servers: server.url });
    await connection.request("$JS.API.STREAM.PURGE.HEDGEROW_RECEIPTS", "{}");
    await connection.close();
    const head = await log.head();
    expect(await log.append(definition, writes, "key")).toEqual(first);
    expect(await log.head()).toBe(head);
    await log.close();
  });

  it("remembers what thousands of writes came to in one small message, however they alternate", async () => {
    const log = await open();
    const { definition } = await log.createIndex("alternating", settingsOf(1));
    const writes = Array.from({ length: 4000 }, (_, i) => put(`${i}`));
    await log.append(
      definition,
      writes.filter((_, i) => i % 2 === 0),
    );
    const first = await log.append(definition, writes, "key");
    expect(await log.append(definition, writes, "key")).toEqual(first);
    const reader = await openJetStream({ urls: [server.url], replicas: 1, acceptLoss: true });
    const kept = await reader.last(receiptStream, receiptSubject(definition.incarnation, "key"));
    expect(kept?.data.length).toBeLessThan(1000);
    await reader.connection.close();
    await log.close();
  });
});
