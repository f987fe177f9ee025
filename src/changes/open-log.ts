import { readFileSync } from "node:fs";
import { HedgerowError, messageOf } from "../errors.ts";
import { createEmbeddedLog } from "./embedded-log.ts";
import type { ChangeLog } from "./log.ts";
import { parseLogAddress } from "./log-address.ts";

/** The settings of a change log; `data` is where the embedded one has its files. */
export type LogConfig = {
  log: string;
  logReplicas: number;
  logMonitor: string;
  acceptUnsyncedLog: boolean;
  deletesKept: number;
  data: string;
  logCa: string;
  logCert: string;
  logKey: string;
  logPasswordFile: string;
};

/** Opens the change log that the settings name. Throws `storage_unavailable` when it cannot be used. */
export async function openChangeLog(config: LogConfig): Promise<ChangeLog> {
  const address = parseLogAddress(config.log);
  if (address === undefined) throw new HedgerowError("storage_unavailable", `"${config.log}" is no change log`);
  const { data: directory, deletesKept } = config;
  if (address.kind === "embedded") return createEmbeddedLog({ directory, deletesKept });
  // NATS's client is a third of what a root would load before it listens, and most roots need none.
  const { createJetStreamLog } = await import("./jetstream-log.ts");
  const { caFile, certFile, keyFile } = { caFile: config.logCa, certFile: config.logCert, keyFile: config.logKey };
  const files = Object.entries({ caFile, certFile, keyFile }).filter(([, path]) => path !== "");
  return createJetStreamLog({
    ...address,
    ...(files.length === 0 ? {} : { tls: Object.fromEntries(files) }),
    ...(config.logPasswordFile === "" ? {} : { password: passwordIn(config.logPasswordFile) }),
    replicas: config.logReplicas,
    monitor: config.logMonitor,
    acceptLoss: config.acceptUnsyncedLog,
  });
}

/**
 * Reads the password anew each time, as the certificates are; where it cannot be read, the last one counts on. The
 * first time is now, and throws.
 */
function passwordIn(path: string): () => string {
  const read = (): string => readFileSync(path, "utf8").trim();
  let known: string;
  try {
    known = read();
  } catch (error) {
    const detail = messageOf(error);
    throw new HedgerowError("storage_unavailable", `the change log's password cannot be read: ${detail}`);
  }
  return () => {
    try {
      known = read();
    } catch {
      // It may be on its way.
    }
    return known;
  };
}
