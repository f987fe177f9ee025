import { join } from "node:path";
import { noAudit, openAudit } from "../security/audit.ts";
import { isLoopback } from "../security/exposure.ts";
import { type KeyFileLog, openKeyFile } from "../security/key-file.ts";
import { systemClock, systemTimers } from "../time.ts";
import type { Guard } from "./guard.ts";

export type GuardConfig = { keys: string; audit: string; data: string; host: string; insecure: boolean };

/** The guard that the settings ask for, with its files open. Throws `not_ready` where the keys cannot be read. */
export async function openGuard(
  config: GuardConfig,
  log: () => KeyFileLog,
): Promise<{ guard: Guard; close(): Promise<void> }> {
  const { keys, audit: auditPath, data, host, insecure } = config;
  const keyFile = keys === "" ? undefined : await openKeyFile(keys, { clock: systemClock, timers: systemTimers, log });
  const path = auditPath === "" && keyFile !== undefined ? join(data, "audit.jsonl") : auditPath;
  const onTrouble = (fields: object): void => log().warn(fields, "lines of the audit log were lost");
  const audit = path === "" ? noAudit : openAudit(path, { clock: systemClock, onTrouble });
  return {
    guard: {
      ...(keyFile === undefined ? {} : { access: keyFile.access }),
      audit,
      ownNamesOnly: keyFile === undefined && !insecure && isLoopback(host),
    },
    async close() {
      keyFile?.close();
      await audit.close();
    },
  };
}
