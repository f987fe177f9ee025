import { join } from "node:path";
import { noAudit, openAudit } from "../security/audit.ts";
import { type EdgeSettings, edgeFiles, type LinkSettings, linkFiles } from "../security/certificate-settings.ts";
import { type Certificates, openCertificates } from "../security/certificates.ts";
import { isLoopback } from "../security/exposure.ts";
import { type KeyFileLog, openKeyFile } from "../security/key-file.ts";
import type { Transport } from "../security/listener.ts";
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

export type CertificateConfig = LinkSettings & EdgeSettings;

/** The certificates that a root was given: for its own callers, and for its links to the leaves. */
export function openFiles(
  config: CertificateConfig,
  log: () => KeyFileLog,
): { edge: { transport?: Transport }; links: { certificates?: Certificates }; isEdgeSecure: boolean; close(): void } {
  const [edge, links] = [edgeFiles(config), linkFiles(config)].map((files) =>
    files === undefined ? undefined : openCertificates(files, { timers: systemTimers, log }),
  );
  return {
    edge: edge === undefined ? {} : { transport: { certificates: edge, callers: "anybody" } },
    links: links === undefined ? {} : { certificates: links },
    isEdgeSecure: edge !== undefined,
    close() {
      edge?.close();
      links?.close();
    },
  };
}
