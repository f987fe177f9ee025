import { jetstreamManager as openStreams } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { NatsServer } from "../../load/bench/nats-server.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import type { LogHome } from "./contract.ts";

/** An empty store on a running server; `remove` empties it again. */
export async function newJetStreamHome(server: NatsServer): Promise<LogHome> {
  return {
    open: () => createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true }),
    async remove() {
      const connection = await connect({ servers: server.url });
      const admin = await openStreams(connection);
      for await (const { config } of admin.streams.list()) await admin.streams.delete(config.name);
      await connection.close();
    },
  };
}
