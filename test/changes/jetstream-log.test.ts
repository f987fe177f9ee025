import { afterAll, describe, expect, it } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { forgetsUntil } from "../../src/changes/jetstream-durability.ts";
import { describeChangeLog } from "./contract.ts";
import { readShard } from "./follow.ts";
import { describeForgetting } from "./forgotten-contract.ts";
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
  const forgets = hasNatsServer("how the change log on NATS forgets deletes", { before: forgetsUntil });
  if (forgets) describeForgetting("the JetStream log", newHome);

  it.skipIf(forgets)("keeps every delete on a server that would bring documents back", async () => {
    const home = await newHome();
    const log = await home.open({ deletesKept: 1 });
    const { definition } = await log.createIndex("books", settingsOf(1));
    const ids = Array.from({ length: 20 }, (_, i) => `doc-${i}`);
    for (const id of ids) await log.append("books", [put(id)]);
    for (const id of ids) await log.append("books", [remove(id)]);
    await log.close();
    const again = await home.open({ deletesKept: 1 });
    const seen = await readShard(again, definition, { shard: 0, after: 0, limitBytes: 1 << 20 });
    expect(seen.map(({ id, source }) => ({ id, source }))).toEqual(ids.map((id) => ({ id, source: null })));
    await again.close();
    await home.remove();
  });
});
