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
  const files = [
    { flag: "--log-ca", option: "caFile", path: config.logCa },
    { flag: "--log-cert", option: "certFile", path: config.logCert },
    { flag: "--log-key", option: "keyFile", path: config.logKey },
  ].filter(({ path }) => path !== "");
  // The client reads them when it connects, and its errors do not say which is which.
  for (const { flag, path } of files) readFor(flag, path);
  return createJetStreamLog({
    ...address,
    ...(files.length === 0 ? {} : { tls: Object.fromEntries(files.map(({ option, path }) => [option, path])) }),
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
  let known = readFor("--log-password-file", path).trim();
  return () => {
    try {
      known = readFileSync(path, "utf8").trim();
    } catch {
      // It may be on its way.
    }
    return known;
  };
}

/** What a file holds now. Throws `storage_unavailable`, naming the flag, where it cannot be read. */
function readFor(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new HedgerowError("storage_unavailable", `${flag}: ${path} cannot be read: ${messageOf(error)}`);
  }
}
