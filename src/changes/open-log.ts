import { HedgerowError } from "../errors.ts";
import { createEmbeddedLog } from "./embedded-log.ts";
import { createJetStreamLog } from "./jetstream-log.ts";
import type { ChangeLog } from "./log.ts";
import { parseLogAddress } from "./log-address.ts";

/** The settings of a change log; `data` is where the embedded one has its files. */
export type LogConfig = {
  log: string;
  logReplicas: number;
  logMonitor: string;
  acceptUnsyncedLog: boolean;
  data: string;
};

/** Opens the change log that the settings name. Throws `storage_unavailable` when it cannot be used. */
export async function openChangeLog(config: LogConfig): Promise<ChangeLog> {
  const address = parseLogAddress(config.log);
  if (address === undefined) throw new HedgerowError("storage_unavailable", `"${config.log}" is no change log`);
  if (address.kind === "embedded") return createEmbeddedLog({ directory: config.data });
  return createJetStreamLog({
    ...address,
    replicas: config.logReplicas,
    monitor: config.logMonitor,
    acceptUnsynced: config.acceptUnsyncedLog,
  });
}
