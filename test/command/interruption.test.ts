import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const module = new URL("../../src/command/interruption.ts", import.meta.url).href;

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s has done what it is to, unless that was released, and then ends the process",
  async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-interruption-"));
    const [unfinished, finished] = [join(directory, "unfinished"), join(directory, "finished")];
    const script = `
    import { rmSync, writeFileSync } from "node:fs";
    import { beforeInterruption } from ${JSON.stringify(module)};
    for (const path of ${JSON.stringify([unfinished, finished])}) {
      const held = beforeInterruption(() => rmSync(path));
      writeFileSync(path, "half");
      if (path.endsWith("/finished")) held.release();
    }
    setInterval(() => undefined, 1000);
    process.stdout.write("written");`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([null, signal]);
    expect([existsSync(unfinished), existsSync(finished)]).toEqual([false, true]);
    await rm(directory, { recursive: true });
  },
);
