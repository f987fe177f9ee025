import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const module = new URL("../../src/command/unfinished-file.ts", import.meta.url).href;

it.each(["SIGINT", "SIGTERM"] as const)(
  "goes when its process is ended by %s, and a finished one stays",
  async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-unfinished-"));
    const [unfinished, finished] = [join(directory, "unfinished"), join(directory, "finished")];
    const script = `
    import { writeFileSync } from "node:fs";
    import { goesWithProcess } from ${JSON.stringify(module)};
    for (const path of ${JSON.stringify([unfinished, finished])}) {
      const held = goesWithProcess(path);
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
