import { execFile } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An authority of a test's own, in a directory. */
export type Authority = { ca: string; issue(name: string, request: CertificateRequest): Promise<IssuedFiles> };

/** What a certificate is for; `host` names this machine by its addresses unless it says otherwise. */
export type CertificateRequest = { use: "serverAuth" | "clientAuth" | "both" | "none"; host?: string };

export type IssuedFiles = { cert: string; key: string };

const thisMachine = "IP:127.0.0.1,DNS:localhost";

/** Makes an authority with openssl. Issuing under a name again replaces the files, as a rotation does. */
export async function createAuthority(directory: string, name: string): Promise<Authority> {
  const own = join(directory, name);
  await mkdir(own, { recursive: true });
  const [ca, caKey] = [join(own, "ca.pem"), join(own, "ca.key")];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", `/CN=${name}`, "-days", "2"];
  await run("openssl", ["req", "-x509", ...newKey, "-keyout", caKey, "-out", ca, ...subject]);
  return {
    ca,
    async issue(issued, { use, host = thisMachine }) {
      const [cert, key] = [join(own, `${issued}.pem`), join(own, `${issued}.key`)];
      const extensions = [`subjectAltName=${host}`, ...usageOf(use)].join("\n");
      await writeFile(join(own, "extensions"), `${extensions}\n`);
      await run("openssl", [
        "req",
        ...newKey,
        "-keyout",
        `${key}.new`,
        "-out",
        join(own, "request"),
        "-subj",
        `/CN=${issued}`,
      ]);
      const authority = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial"];
      const output = ["-days", "2", "-extfile", join(own, "extensions"), "-out", `${cert}.new`];
      await run("openssl", ["x509", "-req", "-in", join(own, "request"), ...authority, ...output]);
      await rename(`${key}.new`, key);
      await rename(`${cert}.new`, cert);
      return { cert, key };
    },
  };
}

function usageOf(use: CertificateRequest["use"]): string[] {
  if (use === "none") return [];
  return [`extendedKeyUsage=${use === "both" ? "serverAuth,clientAuth" : use}`];
}
