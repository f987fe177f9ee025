import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openChangeLog } from "../../src/changes/open-log.ts";
import { askForDirectory } from "../../src/command/data-directory.ts";
import { readConfig } from "../../src/config.ts";
import { runLeaf } from "../../src/leaf/serve.ts";
import { openCertificates } from "../../src/security/certificates.ts";
import { openKeyFile } from "../../src/security/key-file.ts";
import { createAuthority } from "../support/certificates.ts";
import { listeningIo } from "../support/stub-service.ts";
import { virtualTime } from "../support/virtual-time.ts";

let directory = "";
const files: Record<string, string> = {};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-unusable-"));
  const { ca, issue } = await createAuthority(directory, "ours");
  const [own, other] = [await issue("own", { use: "both" }), await issue("other", { use: "both" })];
  const [words, packed] = [join(directory, "words"), join(directory, "packed")];
  await writeFile(words, "a word");
  await writeFile(packed, Buffer.from(readFileSync(ca, "utf8").replaceAll(/-----.*-----|\s/g, ""), "base64"));
  Object.assign(files, { cert: own.cert, key: own.key, other: other.key, ca, words, packed, directory });
  files.gone = join(directory, "gone");
});
afterAll(() => rm(directory, { recursive: true }));

const file = (name: string): string => files[name] ?? "";
const log = () => ({ warn: () => undefined, info: () => undefined });

describe("a certificate's file that cannot be used", () => {
  it.each([
    ["--tls", { cert: "gone" }, "--tls-cert: FILE cannot be read: ENOENT"],
    ["--tls", { key: "directory" }, "--tls-key: FILE cannot be read: EISDIR"],
    ["--link", { ca: "gone" }, "--link-ca: FILE cannot be read: ENOENT"],
    ["--link", { ca: "words" }, "--link-ca: FILE holds no certificate: "],
    ["--link", { ca: "packed" }, "--link-ca: FILE holds no certificate: "],
    ["--tls", { key: "other" }, "--tls-cert and --tls-key: "],
    ["--link", { cert: "words" }, "--link-cert and --link-key: "],
  ] as const)("of %s, with %j, stops the start by its flag", (flags, change, words) => {
    const { cert, key, ca }: { cert: string; key: string; ca?: string } = {
      ...{ cert: "cert", key: "key", ...(flags === "--link" ? { ca: "ca" } : {}) },
      ...change,
    };
    const paths = { flags, cert: file(cert), key: file(key), ...(ca === undefined ? {} : { ca: file(ca) }) };
    const changed = file(Object.values(change)[0] ?? "");
    expect(() => openCertificates(paths, { timers: virtualTime().timers, log })).toThrow(
      words.replace("FILE", changed),
    );
  });
});

describe("a file of keys that cannot be used", () => {
  it.each([
    ["gone", "--keys: FILE cannot be read: ENOENT"],
    ["words", "--keys: FILE is no file of keys: "],
  ])("stops the start by its flag where it is %s", async (name, words) => {
    const { clock, timers } = virtualTime();
    const opened = openKeyFile(file(name), { clock, timers, log });
    await expect(opened).rejects.toThrow(words.replace("FILE", file(name)));
  });
});

describe("a leaf's file with the token that it joins with", () => {
  it("stops the start by its flag where there is none", async () => {
    const data = join(directory, "leaf");
    const args = ["--data", data, "--port", "0", "--join", "http://127.0.0.1:1", "--name", "a"];
    const io = { ...listeningIo(), stopped: Promise.resolve(), tellListening: () => undefined, askForDirectory };
    const started = runLeaf([...args, "--key-file", file("gone")], io);
    await expect(started).rejects.toThrow(`--key-file: ${file("gone")} cannot be read: ENOENT`);
    expect(existsSync(data)).toBe(false);
  });
});

describe("a change log's file that cannot be read", () => {
  it.each(["--log-ca", "--log-cert", "--log-key", "--log-password-file"])(
    "stops the start by its flag, %s, before any server is asked",
    async (flag) => {
      const given = ["--log-ca", "--log-cert", "--log-key"].flatMap((other) => [other, file("ca")]);
      const flags = flag === "--log-password-file" ? [flag, file("gone")] : given;
      const args = flags.map((word, i) => (flags[i - 1] === flag ? file("gone") : word));
      const read = readConfig("root", ["--log", "tls://hedgerow@127.0.0.1:1", ...args], {});
      if (read.kind !== "ok") throw new Error(JSON.stringify(read));
      await expect(openChangeLog(read.config)).rejects.toThrow(`${flag}: ${file("gone")} cannot be read: ENOENT`);
    },
  );
});
