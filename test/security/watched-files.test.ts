import { copyFileSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCertificates } from "../../src/security/certificates.ts";
import { openKeyFile } from "../../src/security/key-file.ts";
import { writeKeys } from "../../src/security/keys.ts";
import { newToken } from "../../src/security/token.ts";
import { createAuthority } from "../support/certificates.ts";
import { eventually } from "../support/up.ts";
import { type VirtualTime, virtualTime } from "../support/virtual-time.ts";

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-watched-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

function keysOf(count: number): string {
  const made = Array.from({ length: count }, () => newToken());
  return writeKeys(made.map(({ id, sha256 }) => ({ id, sha256, name: id, scopes: ["search"], indexes: ["*"] })));
}

/** Has the files looked at once more. */
async function look(time: VirtualTime): Promise<void> {
  time.advance(1000);
  await eventually("the files were looked at", () => Promise.resolve(time.pending === 1));
}

/** A log that holds what was warned of. */
function warnings(): { said: unknown[]; log: () => { warn(fields: object): void; info(): void } } {
  const said: unknown[] = [];
  return { said, log: () => ({ warn: (fields) => void said.push(fields), info: () => undefined }) };
}

/** A reading that does something else each time, until that is used up. */
function readingOnce<T>(read: (path: string) => T): { steps: ((path: string) => T)[]; read(path: string): T } {
  const steps: ((path: string) => T)[] = [];
  return { steps, read: (path) => (steps.shift() ?? read)(path) };
}

function busy(): never {
  throw new Error("EMFILE: too many open files");
}

/** A file of three keys; `becoming`: a reading after which it is one of so many others. */
async function keyFile(name: string) {
  const path = join(directory, name);
  await writeFile(path, keysOf(3));
  const reading = readingOnce((file) => readFile(file, "utf8"));
  const becoming = (count: number) => async (file: string) => {
    const text = await readFile(file, "utf8");
    await writeFile(file, keysOf(count));
    return text;
  };
  const time = virtualTime();
  const { said, log } = warnings();
  const open = () => openKeyFile(path, { clock: time.clock, timers: time.timers, log, readText: reading.read });
  return { path, steps: reading.steps, becoming, time, said, open };
}

describe("a file of keys", () => {
  it("counts as it is though it changed while it was being read", async () => {
    const { steps, becoming, time, open } = await keyFile("changing.json");
    steps.push(becoming(2));
    const { access, close } = await open();
    expect(access.size).toBe(3);
    steps.push(becoming(1));
    await look(time);
    expect(access.size).toBe(2);
    await look(time);
    expect(access.size).toBe(1);
    close();
    expect(time.pending).toBe(0);
  });

  it("is read again after a failure that passes, which is said once", async () => {
    const { path, steps, time, said, open } = await keyFile("busy.json");
    const { access, close } = await open();
    await writeFile(path, keysOf(1));
    steps.push(busy, busy);
    for (const size of [3, 3, 1]) {
      await look(time);
      expect(access.size).toBe(size);
    }
    expect(said).toEqual([{ path, detail: `--keys: ${path} cannot be read: EMFILE: too many open files` }]);
    steps.push(busy);
    await look(time);
    // It has not changed since, and is not read.
    expect(steps).toHaveLength(1);
    close();
  });

  it("that does not fit is not read again before it changes", async () => {
    const { path, steps, time, said, open } = await keyFile("unfit.json");
    const { access, close } = await open();
    await writeFile(path, "{");
    await look(time);
    steps.push(busy);
    await look(time);
    expect(steps).toHaveLength(1);
    expect(said).toHaveLength(1);
    steps.pop();
    await writeFile(path, keysOf(2));
    await look(time);
    expect(access.size).toBe(2);
    close();
  });
});

describe("a file of keys that is taken away", () => {
  it("is warned of once, unless it comes back at once; what stood still counts", async () => {
    const { path, time, said, open } = await keyFile("away.json");
    const { access, close } = await open();
    const text = await readFile(path, "utf8");
    await rm(path);
    await look(time);
    expect(said).toEqual([]);
    for (let i = 0; i < 3; i++) await look(time);
    expect(said).toEqual([{ path, detail: `${path} is gone` }]);
    expect(access.size).toBe(3);
    await writeFile(path, text);
    await look(time);
    await rm(path);
    await look(time);
    await look(time);
    expect(said).toHaveLength(2);
    close();
  });
});

describe("a certificate", () => {
  it("is followed though its files changed while they were being read, or could not be read once", async () => {
    const authority = await createAuthority(directory, "watched");
    const before = await authority.issue("before", { use: "serverAuth" });
    const after = await authority.issue("after", { use: "serverAuth" });
    const files = { flags: "--tls" as const, cert: join(directory, "tls.pem"), key: join(directory, "tls.key") };
    const swap = (to: typeof before): void => {
      copyFileSync(to.cert, files.cert);
      copyFileSync(to.key, files.key);
    };
    swap(before);
    const { steps, read } = readingOnce((file) => readFileSync(file));
    // The key is read last.
    steps.push(readFileSync, (file) => {
      const bytes = readFileSync(file);
      swap(after);
      return bytes;
    });
    const time = virtualTime();
    const { said, log } = warnings();
    const opened = openCertificates(files, { timers: time.timers, log, readBytes: read });
    expect(opened.current.cert).toEqual(readFileSync(before.cert));
    await look(time);
    expect(opened.current.cert).toEqual(readFileSync(after.cert));
    swap(before);
    steps.push(busy);
    await look(time);
    expect(opened.current.cert).toEqual(readFileSync(after.cert));
    await look(time);
    expect(opened.current.cert).toEqual(readFileSync(before.cert));
    const detail = `--tls-cert: ${files.cert} cannot be read: EMFILE: too many open files`;
    expect(said).toEqual([{ cert: files.cert, detail }]);
    opened.close();
  });
});
