import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasNatsServer, natsProgram } from "../../load/bench/nats-server.ts";
import { freePort } from "../../load/driver/free-port.ts";
import { type LogConfig, openChangeLog } from "../../src/changes/open-log.ts";
import { readConfig } from "../../src/config.ts";
import { sleep } from "../../src/time.ts";
import { put, settingsOf } from "../changes/model.ts";
import { type Authority, createAuthority } from "../support/certificates.ts";
import { eventually } from "../support/up.ts";

/** What a root is given for the log's servers. */
type Secrets = { ca: string; cert: string; key: string; password: string };

describe.runIf(hasNatsServer("certificates of change logs on NATS"))(
  "a change log on servers that ask for certificates",
  () => {
    let directory: string;
    let ours: Authority;
    let config: LogConfig;
    let port: number;
    let server: ChildProcess | undefined;

    /** Starts the server, on the store and port that it had, for callers from one authority alone. */
    async function serve(authority: Authority, password: string): Promise<void> {
      await stop();
      const own = await authority.issue("nats", { use: "serverAuth" });
      const file = join(directory, "nats.conf");
      await writeFile(
        file,
        `listen: "127.0.0.1:${port}"
jetstream { store_dir: "${join(directory, "store")}" }
authorization { user: hedgerow, password: "${password}" }
tls { cert_file: "${own.cert}", key_file: "${own.key}", ca_file: "${authority.ca}", verify: true }
`,
      );
      server = spawn(natsProgram, ["-c", file], { stdio: "ignore" });
      await once(server, "spawn");
      await eventually("the server listens", () => listens(port));
    }

    async function stop(): Promise<void> {
      if (server === undefined) return;
      const { promise: ended, resolve } = Promise.withResolvers<unknown>();
      server.once("exit", resolve);
      server.kill("SIGTERM");
      await ended;
      server = undefined;
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "hedgerow-nats-tls-"));
      ours = await createAuthority(directory, "ours");
      port = await freePort();
      await serve(ours, "a long one");
      const mounted = join(directory, "mounted");
      await mkdir(mounted);
      const secrets = await secretsOf(ours, { directory, password: "a long one" });
      const here: Secrets = secretsIn(mounted);
      for (const name of ["ca", "cert", "key", "password"] as const) await replace(here[name], secrets[name]);
      const files = ["--log-ca", here.ca, "--log-cert", here.cert, "--log-key", here.key];
      const flags = [...files, "--log-password-file", here.password, "--accept-unsynced-log", "--data", directory];
      const read = readConfig("root", ["--log", `tls://hedgerow@127.0.0.1:${port}`, ...flags], {});
      if (read.kind !== "ok") throw new Error(JSON.stringify(read));
      config = read.config;
    });

    afterAll(async () => {
      await stop();
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
      const changes = [
        { logCert: "", logKey: "" },
        { logCert: foreign.cert, logKey: foreign.key },
        { logCa: theirs.ca },
        { logPasswordFile: wrong },
        { logPasswordFile: join(directory, "nothing") },
      ];
      const refused = changes.map((change) =>
        expect(openChangeLog({ ...config, ...change }), JSON.stringify(change)).rejects.toMatchObject({
          code: "storage_unavailable",
        }),
      );
      await Promise.all(refused);
    });

    it("takes other certificates and another password when it connects again, without being opened anew", async () => {
      const log = await openChangeLog(config);
      const { definition } = await log.createIndex("kept", settingsOf(1));
      await log.append(definition, [put("before")]);
      const next = await createAuthority(directory, "next");
      await serve(next, "a longer one");
      const fresh = await secretsOf(next, { directory, password: "a longer one" });
      const mounted = secretsIn(join(directory, "mounted"));
      for (const name of ["ca", "cert", "key", "password"] as const) {
        await expect(openChangeLog(config), `before ${name}`).rejects.toMatchObject({ code: "storage_unavailable" });
        // The log that stands goes on trying with files that do not fit together: that must not make it give up.
        await replace(mounted[name], fresh[name]);
        await sleep(300);
      }
      const append = (): Promise<boolean> =>
        log.append(definition, [put("after")]).then(
          () => true,
          () => false,
        );
      await eventually("it is taken in again", append);
      expect((await log.get("kept", "before"))?.source).toBeDefined();
      expect((await log.get("kept", "after"))?.source).toBeDefined();
      await log.close();
    }, 60_000);
  },
);

/** Files with what a root shows to servers of one authority. */
async function secretsOf(authority: Authority, from: { directory: string; password: string }): Promise<Secrets> {
  const password = join(from.directory, "password");
  await writeFile(password, `${from.password}\n`);
  return { ...(await authority.issue("root", { use: "clientAuth" })), ca: authority.ca, password };
}

/** Where a root finds them, whatever is there. */
function secretsIn(directory: string): Secrets {
  const [ca, cert, key] = ["ca.pem", "root.pem", "root.key"].map((name) => join(directory, name));
  return { ca: ca ?? "", cert: cert ?? "", key: key ?? "", password: join(directory, "password") };
}

/** Puts another file in a file's place, whole. */
async function replace(path: string, by: string): Promise<void> {
  await copyFile(by, `${path}.new`);
  await rename(`${path}.new`, path);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
