import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import { put, settingsOf } from "./model.ts";

describe.runIf(hasNatsServer("what the change log on NATS JetStream refuses"))("on NATS", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.remove());

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
    const log = await createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });
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

  it("finds what a request with a key has written when its receipt is gone", async () => {
    const log = await createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });
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
});
