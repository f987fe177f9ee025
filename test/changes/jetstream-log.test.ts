import { afterAll, describe } from "vitest";
import { hasNatsServer, type NatsServer, startNatsServer } from "../../load/bench/nats-server.ts";
import { describeChangeLog } from "./contract.ts";
import { newJetStreamHome } from "./jetstream-home.ts";

describe.runIf(hasNatsServer("the contract of change logs on NATS JetStream"))("on NATS", () => {
  let starting: Promise<NatsServer> | undefined;
  afterAll(async () => (await starting)?.remove());

  describeChangeLog("the JetStream log", async () => {
    starting ??= startNatsServer();
    return newJetStreamHome(await starting);
  });
});
