import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

let directory = "";
let child: ChildProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-start-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

/** The role alone, on a free port, as a shell starts it. */
function roleIn(data: string, role: string) {
  const args = [program, role, "--port", "0", "--data", data];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const started = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, NODE_COMPILE_CACHE },
  });
  child = started;
  return started;
}

describe.each(["root", "leaf"])("a %s that was started from a shell", (role) => {
  it.each(["SIGTERM", "SIGHUP"] as const)("says at which of the free ports it is, and drains at %s", async (signal) => {
    const started = roleIn(directory, role);
    const lines: string[] = [];
    for await (const line of createInterface({ input: started.stdout })) {
      lines.push(line);
      const url = new RegExp(`^Hedgerow's ${role} is at (http://127\\.0\\.0\\.1:\\d+)$`).exec(line)?.[1];
      if (url !== undefined) expect((await fetch(`${url}/livez`)).status).toBe(200);
      started.kill(signal);
    }
    expect(lines).toHaveLength(1);
    if (started.exitCode === null) await once(started, "exit");
    expect(started.exitCode).toBe(0);
  });
});

const noDirectory = "is no directory, or lies below something that is none";

describe.each([
  ["leaf", new RegExp(`^hedgerow: \\S+/file ${noDirectory}; --data names another directory\n$`)],
  ["root", /^hedgerow: \S+\/file\/changes.db cannot be opened: [^\n]+; name another directory with --data\n$/],
])("a %s whose directory cannot be used", (role, words) => {
  it("does not start, and says which and what to do", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    const started = roleIn(file, role);
    let said = "";
    started.stdout.on("data", (piece) => {
      said += String(piece);
      started.kill("SIGKILL");
    });
    started.stderr.on("data", (piece) => {
      said += String(piece);
    });
    await once(started, "close");
    expect({ code: started.exitCode, said }).toEqual({ code: 1, said: expect.stringMatching(words) });
  });
});
