import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContextOptions,
  TLSSocket,
} from "node:tls";
import { HedgerowError, messageOf } from "../errors.ts";
import type { Timers } from "../time.ts";
import { marksOf, UnreadFile, watchFiles } from "./watched-files.ts";

/**
 * Where a certificate, its key, and the authorities that the other end's must come from are kept, as PEM, and how the
 * flags begin that name them.
 */
export type CertificateFiles = { flags: "--tls" | "--link"; cert: string; key: string; ca?: string };

/** What the files hold now. */
export type CertificateMaterial = Required<Pick<SecureContextOptions, "cert" | "key">> & { ca?: Buffer };

/** A certificate that follows its files: new connections take what they hold now. */
export type Certificates = {
  readonly current: CertificateMaterial;
  /** Calls back after other files have been taken; one listener a call. */
  onChange(listener: () => void): void;
  close(): void;
};

export type CertificateLog = {
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
};

type CertificateParts = {
  timers: Timers;
  log: () => CertificateLog;
  /** How a file is read. */
  readBytes?: (path: string) => Buffer;
};

/**
 * Reads a certificate and follows its files. Files that cannot be used stop the start with `not_ready`, which names their
 * flags; later on, what was read last still counts, and the log says why. Certificate and key may be swapped one after the
 * other: a pair that does not fit together is left until it does.
 */
export function openCertificates(
  files: CertificateFiles,
  { timers, log, readBytes = (path) => readFileSync(path) }: CertificateParts,
): Certificates {
  const { cert, key, ca } = files;
  const marks = marksOf([cert, key, ...(ca === undefined ? [] : [ca])]);
  let current = readCertificates(files, readBytes);
  const listeners: (() => void)[] = [];
  const watched = watchFiles(marks, {
    timers,
    read() {
      current = readCertificates(files, readBytes);
      for (const listener of listeners) listener();
      log().info({ cert }, "the certificate was read anew");
    },
    onTrouble: (detail) => log().warn({ cert, detail }, "the certificate cannot be used; the one before still counts"),
  });
  return {
    get current() {
      return current;
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => watched.close(),
  };
}

function readCertificates(
  { flags, cert, key, ca }: CertificateFiles,
  readBytes: (path: string) => Buffer,
): CertificateMaterial {
  const read = (name: "cert" | "key" | "ca", path: string): Buffer => {
    try {
      return readBytes(path);
    } catch (error) {
      throw new UnreadFile(error, { flag: `${flags}-${name}`, path });
    }
  };
  const pair = { cert: read("cert", cert), key: read("key", key) };
  usable(() => createSecureContext(pair), `${flags}-cert and ${flags}-key: ${cert} and ${key} are no pair to use`);
  if (ca === undefined) return pair;
  const authorities = read("ca", ca);
  // As text, since of bytes it takes what is no PEM, too; a context takes anything, and then trusts nobody.
  usable(() => new X509Certificate(authorities.toString()), `${flags}-ca: ${ca} holds no certificate`);
  return { ...pair, ca: authorities };
}

function usable(use: () => unknown, otherwise: string): void {
  try {
    use();
  } catch (error) {
    throw new HedgerowError("not_ready", `${otherwise}: ${messageOf(error)}`);
  }
}

const serverUse = "1.3.6.1.5.5.7.3.1";
const clientUse = "1.3.6.1.5.5.7.3.2";

/**
 * What is wrong with the other end's certificate for its role; undefined where nothing is. Both come from the same
 * authority, so the extended key usage tells them apart: a root's is for clients alone, a leaf's for servers alone.
 * Otherwise a leaf that was taken over could write to all others as a root.
 */
function roleProblem(certificate: Pick<PeerCertificate, "ext_key_usage">, role: "root" | "leaf"): string | undefined {
  const uses = certificate.ext_key_usage ?? [];
  const [needed, refused] = role === "root" ? [clientUse, serverUse] : [serverUse, clientUse];
  if (uses.includes(needed) && !uses.includes(refused)) return undefined;
  const wanted = role === "root" ? "clientAuth" : "serverAuth";
  return `its certificate is not a ${role}'s: the extended key usage must be ${wanted} alone`;
}

/** What is wrong with who is at the other end of a connection that was accepted; undefined for a root. */
export function rootProblem(socket: Duplex): string | undefined {
  if (!(socket instanceof TLSSocket)) return "it does not speak TLS";
  if (!socket.authorized) return `its certificate is missing or not to be trusted: ${socket.authorizationError ?? ""}`;
  return roleProblem(socket.getPeerCertificate(), "root");
}

/** What a root connects to leaves with: it takes only leaves whose certificate names the host that it asked for. */
export function leafConnection({
  current,
}: Certificates): Pick<ConnectionOptions, "cert" | "key" | "ca" | "minVersion" | "checkServerIdentity"> {
  return {
    ...current,
    minVersion: "TLSv1.3",
    checkServerIdentity: (host, certificate) => {
      const problem = roleProblem(certificate, "leaf");
      return checkServerIdentity(host, certificate) ?? (problem === undefined ? undefined : new Error(problem));
    },
  };
}
