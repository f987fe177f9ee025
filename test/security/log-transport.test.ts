import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer } from "../../load/bench/nats-server.ts";
import { type LogConfig, openChangeLog } from "../../src/changes/open-log.ts";
import { readConfig } from "../../src/config.ts";
import { type Authority, createAuthority } from "../support/certificates.ts";
import { listening } from "../support/links.ts";
import { eventually } from "../support/up.ts";

describe.runIf(hasNatsServer("certificates of change logs on NATS"))(
  "a change log on servers that ask for certificates",
  () => {
    let directory: string;
    let ours: Authority;
    let config: LogConfig;
    let server: ChildProcess;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "hedgerow-nats-tls-"));
      ours = await createAuthority(directory, "ours");
      const own = await ours.issue("nats", { use: "serverAuth" });
      const client = await ours.issue("root", { use: "clientAuth" });
      const reserved = createServer();
      const port = await listening(reserved);
      await new Promise((resolve) => reserved.close(resolve));
      const [file, passwordFile] = [join(directory, "nats.conf"), join(directory, "password")];
      await writeFile(passwordFile, "a long one\n");
      await writeFile(
        file,
        `listen: "127.0.0.1:${port}"
jetstream { store_dir: "${join(directory, "store")}" }
authorization { user: hedgerow, password: "a long one" }
tls { cert_file: "${own.cert}", key_file: "${own.key}", ca_file: "${ours.ca}", verify: true }
`,
      );
      server = spawn("nats-server", ["-c", file], { stdio: "ignore" });
      await eventually("the server listens", () => listens(port));
      const files = ["--log-ca", ours.ca, "--log-cert", client.cert, "--log-key", client.key];
      const flags = [...files, "--log-password-file", passwordFile, "--accept-unsynced-log", "--data", directory];
      const read = readConfig("root", ["--log", `tls://hedgerow@127.0.0.1:${port}`, ...flags], {});
      if (read.kind !== "ok") throw new Error(JSON.stringify(read));
      config = read.config;
    });

    afterAll(async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await ended;
      await rm(directory, { recursive: true, force: true });
    });

    it("is opened with a certificate and a password, each from its file", async () => {
      const log = await openChangeLog(config);
      expect(await log.head()).toBe(0);
      await log.close();
    });

    it("is opened neither without them nor where the server comes from another authority", async () => {
      const theirs = await createAuthority(directory, "theirs");
      const foreign = await theirs.issue("root", { use: "clientAuth" });
      const wrong = join(directory, "wrong");
      await writeFile(wrong, "another");
      for (const change of [
        { logCert: "", logKey: "" },
        { logCert: foreign.cert, logKey: foreign.key },
        { logCa: theirs.ca },
        { logPasswordFile: wrong },
        { logPasswordFile: join(directory, "nothing") },
      ]) {
        await expect(openChangeLog({ ...config, ...change }), JSON.stringify(change)).rejects.toMatchObject({
          code: "storage_unavailable",
        });
      }
    });
  },
);

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
