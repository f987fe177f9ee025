import type { CertificateFiles } from "./certificates.ts";

export type LinkSettings = { linkCert: string; linkKey: string; linkCa: string };
export type EdgeSettings = { tlsCert: string; tlsKey: string };
export type LogSettings = { logCert: string; logKey: string };

/** The files of the links between roots and leaves; undefined where none are given. */
export function linkFiles({ linkCert, linkKey, linkCa }: LinkSettings): Required<CertificateFiles> | undefined {
  return linkCert === "" ? undefined : { flags: "--link", cert: linkCert, key: linkKey, ca: linkCa };
}

/** The files of the edge; undefined where none are given. */
export function edgeFiles({ tlsCert, tlsKey }: EdgeSettings): CertificateFiles | undefined {
  return tlsCert === "" ? undefined : { flags: "--tls", cert: tlsCert, key: tlsKey };
}

/** Settings that make sense together alone, where some of them are missing; undefined where none is. */
export function missingFiles(settings: Partial<LinkSettings & EdgeSettings & LogSettings>): string | undefined {
  const { linkCert = "", linkKey = "", linkCa = "", tlsCert = "", tlsKey = "", logCert = "", logKey = "" } = settings;
  return (
    missingOf({ "--link-cert": linkCert, "--link-key": linkKey, "--link-ca": linkCa }) ??
    missingOf({ "--tls-cert": tlsCert, "--tls-key": tlsKey }) ??
    missingOf({ "--log-cert": logCert, "--log-key": logKey })
  );
}

function missingOf(paths: Readonly<Record<string, string>>): string | undefined {
  const missing = Object.keys(paths).filter((flag) => paths[flag] === "");
  if (missing.length === 0 || missing.length === Object.keys(paths).length) return undefined;
  return `${missing.join(" and ")}: must be given where ${Object.keys(paths).find((flag) => paths[flag] !== "")} is`;
}
