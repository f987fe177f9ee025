import { join } from "node:path";
import { makeDurableDirectory } from "../changes/durable-directory.ts";
import { noAudit, openAudit } from "../security/audit.ts";
import { type EdgeSettings, edgeFiles, type LinkSettings, linkFiles } from "../security/certificate-settings.ts";
import { type CertificateFiles, type Certificates, openCertificates } from "../security/certificates.ts";
import { isLoopback } from "../security/exposure.ts";
import { type KeyFileLog, openKeyFile } from "../security/key-file.ts";
import type { ListenerLimits, Transport } from "../security/listener.ts";
import { systemClock, systemTimers } from "../time.ts";
import type { Guard } from "./guard.ts";

export type EntranceConfig = LinkSettings &
  EdgeSettings & {
    keys: string;
    audit: string;
    data: string;
    host: string;
    insecure: boolean;
    connectionsMax: number;
  };

/** How callers come to a root, and the root to its leaves. */
export type Entrance = {
  /** What the HTTP server needs of it. */
  app: { guard: Guard; transport?: Transport; patience: { limits: Partial<ListenerLimits> } };
  links: { certificates?: Certificates };
  /** The address of a server that says http because it does not know of TLS. */
  addressOf(listening: string): string;
  /** Tells where trouble with the files goes from now on. */
  reportTo(log: KeyFileLog): void;
  close(): Promise<void>;
};

/**
 * Opens the keys, the certificates and the audit log that the settings name. Throws `not_ready` where keys or
 * certificates cannot be used.
 */
export async function openEntrance(config: EntranceConfig): Promise<Entrance> {
  const { keys, audit: auditPath, data, host, insecure, connectionsMax } = config;
  let log: KeyFileLog = { warn: () => undefined, info: () => undefined };
  const parts = { clock: systemClock, timers: systemTimers, log: () => log };
  const open = (files: CertificateFiles | undefined): Certificates | undefined =>
    files === undefined ? undefined : openCertificates(files, parts);
  const edge = open(edgeFiles(config));
  const links = open(linkFiles(config));
  const keyFile = keys === "" ? undefined : await openKeyFile(keys, parts);
  const path = auditPath === "" && keyFile !== undefined ? auditIn(data) : auditPath;
  const onTrouble = (fields: object): void => log.warn(fields, "lines of the audit log were lost");
  const audit = path === "" ? noAudit : openAudit(path, { clock: systemClock, onTrouble });
  const guard: Guard = {
    ...(keyFile === undefined ? {} : { access: keyFile.access }),
    audit,
    ownNamesOnly: keyFile === undefined && !insecure && isLoopback(host),
    strictTransport: edge !== undefined,
  };
  return {
    app: {
      guard,
      ...(edge === undefined ? {} : { transport: { certificates: edge, callers: "anybody" } }),
      patience: { limits: connectionsMax === 0 ? {} : { connectionsMax } },
    },
    links: links === undefined ? {} : { certificates: links },
    addressOf: (listening) => (edge === undefined ? listening : listening.replace("http:", "https:")),
    reportTo: (given) => {
      log = given;
    },
    async close() {
      edge?.close();
      links?.close();
      keyFile?.close();
      await audit.close();
    },
  };
}

/** The audit log of a data directory, which a root whose change log is elsewhere may still lack. */
function auditIn(data: string): string {
  try {
    makeDurableDirectory(data);
  } catch {
    // Then its lines are lost, which is told as it happens.
  }
  return join(data, "audit.jsonl");
}
