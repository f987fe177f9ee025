import { afterAll, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { describeChangeLog } from "./contract.ts";
import { readShard } from "./follow.ts";
import { newJetStreamHome } from "./jetstream-home.ts";
import { put, remove, settingsOf } from "./model.ts";

describe.runIf(hasNatsServer("the contract of change logs on NATS JetStream"))("on NATS", () => {
  let starting: Promise<NatsServer> | undefined;
  afterAll(async () => (await starting)?.remove());
  const newHome = async (): ReturnType<typeof newJetStreamHome> => {
    starting ??= startNatsServer();
    return newJetStreamHome(await starting);
  };

  describeChangeLog("the JetStream log", newHome);

  it("keeps every delete, as its server could bring the document back", async () => {
    const home = await newHome();
    const log = await home.open();
    const { definition } = await log.createIndex("books", settingsOf(1));
    const ids = Array.from({ length: 20 }, (_, i) => `doc-${i}`);
    for (const id of ids) await log.append(definition, [put(id)]);
    for (const id of ids) await log.append(definition, [remove(id)]);
    await log.close();
    const again = await home.open();
    const seen = await readShard(again, definition, { shard: 0, after: 0, limitBytes: 1 << 20 });
    expect(seen.map(({ id, source }) => ({ id, source }))).toEqual(ids.map((id) => ({ id, source: null })));
    await again.close();
    await home.remove();
  });
});
