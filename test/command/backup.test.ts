import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as restore } from "../../src/command/restore.ts";
import { BackupWriter, backupMediaType } from "../../src/protocol/backup.ts";
import { listeningIo } from "../support/stub-service.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const writer = new BackupWriter();
const whole = Buffer.concat([writer.begin([], 0), writer.aliases({}), writer.end()]).toString();

let directory = "";
let url = "";
let asked = 0;
const root = createServer((_request, response) => {
  asked++;
  response.writeHead(200, { "content-type": backupMediaType }).end(whole);
});
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-backup-"));
  await new Promise<void>((resolve) => root.listen(0, "127.0.0.1", resolve));
  const address = root.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
});
afterAll(async () => {
  root.close();
  await rm(directory, { recursive: true });
});

/** A backup to standard output, where that is `stdout`; `leaves`: it is a pipe whose reader goes at once. */
async function backup(stdout: "pipe" | "closed" | number, leaves = false) {
  const command = `exec "${process.execPath}" "${program}" backup - --url ${url} ${stdout === "closed" ? ">&-" : ""}`;
  const started = spawn("sh", ["-c", command], { stdio: ["ignore", stdout === "closed" ? "ignore" : stdout, "pipe"] });
  if (leaves) started.stdout?.destroy();
  const [out, err] = await Promise.all([
    leaves || started.stdout === null ? "" : text(started.stdout),
    started.stderr === null ? "" : text(started.stderr),
  ]);
  if (started.exitCode === null) await once(started, "exit");
  return { code: started.exitCode, out, err };
}

describe("a backup to standard output", () => {
  it("is all that goes there, where that is a pipe or a socket", async () => {
    const { code, out, err } = await backup("pipe");
    expect({ code, out }).toEqual({ code: 0, out: whole });
    expect(err).toMatch(/backed up into \/dev\/stdout\n$/);
  });

  it("goes into a file behind what is there, and may be thrown away", async () => {
    const path = join(directory, "redirected");
    const [file, nothing] = await Promise.all([open(path, "a"), open(devNull, "w")]);
    await file.writeFile("before\n");
    const codes = (await Promise.all([backup(file.fd), backup(nothing.fd)])).map(({ code }) => code);
    await Promise.all([file.close(), nothing.close()]);
    expect(codes).toEqual([0, 0]);
    expect(await readFile(path, "utf8")).toBe(`before\n${whole}`);
  });

  it("is not begun where that is closed", async () => {
    const before = asked;
    expect(await backup("closed")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^hedgerow: standard output is closed; name the file to write\n/),
    });
    expect(asked).toBe(before);
  });

  it("has failed once its reader has gone, and says so in a line", async () => {
    expect(await backup("pipe", true)).toEqual({
      code: 1,
      out: "",
      err: "hedgerow: who was to read the backup has gone; what /dev/stdout got is of no use\n",
    });
  });
});

it("is not read from standard input, which can be read only once", async () => {
  const io = listeningIo();
  expect(await restore(["-"], io)).toBe(2);
  expect(io.err()).toMatch(/^hedgerow: name a file: a backup is read twice, as standard input cannot be\n/);
});
