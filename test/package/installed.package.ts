import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/up.ts";
import { consumerProgram, consumerSettings, mistakenProgram } from "./consumer.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";
let up: ChildProcess | undefined;

/** The environment of somebody who has Node and npm, and nothing of this checkout. */
const plainEnvironment = {
  ...process.env,
  PATH: (process.env.PATH ?? "")
    .split(":")
    .filter((directory) => !directory.includes("node_modules"))
    .join(":"),
};

/** Stops npx and what it started, as Ctrl-C in a terminal does. */
function stopUp(signal: "SIGTERM" | "SIGKILL"): void {
  if (up?.pid === undefined) return;
  try {
    process.kill(-up.pid, signal);
  } catch {
    // They are gone.
  }
}

async function inFolder(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { cwd: folder, env: plainEnvironment, maxBuffer: 1 << 24 });
  return stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hedgerow-package-"));
  await run("npm", ["pack", "--pack-destination", folder], { cwd: repository });
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  await writeFile(join(folder, "package.json"), '{ "name": "consumer", "private": true, "type": "module" }\n');
  await inFolder("npm", ["install", "--no-audit", "--no-fund", join(folder, tarball)]);
});

afterAll(async () => {
  stopUp("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

describe("the npm package", () => {
  it("carries compiled JavaScript and types, and no source, test or data of the checkout", async () => {
    const files = await readdir(join(folder, "node_modules/hedgerow"), { recursive: true });
    const own = files.filter((path) => !path.startsWith("node_modules"));
    expect(own).toContain("dist/src/main.js");
    expect(own).toContain("dist/src/client/exports.d.ts");
    expect(own.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts") && !path.includes("/page/"))).toEqual(
      [],
    );
    expect(own.filter((path) => /^(src|test|load|deploy)\b/.test(path))).toEqual([]);
  });

  it("turns a wrong flag away and tells its version of the commands", async () => {
    expect(await inFolder("npx", ["hedgerow", "--help"])).toContain("hedgerow up");
    await expect(inFolder("npx", ["hedgerow", "up", "--prot", "1"])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean --port?"),
    });
  });

  it("starts a cluster that its typed client can use, and drains it", async () => {
    const data = join(folder, "data");
    up = spawn("npx", ["hedgerow", "up", "--port", "0", "--no-demo", "--data", data], {
      cwd: folder,
      env: plainEnvironment,
      stdio: ["ignore", "ignore", "inherit"],
      detached: true,
    });
    let url = "";
    await eventually(
      "the cluster is up",
      async () => {
        url = await readFile(join(data, "up.json"), "utf8").then(
          (text) => JSON.parse(text).url,
          () => "",
        );
        return url !== "";
      },
      60_000,
    );

    const page = await fetch(url, { headers: { accept: "text/html" } });
    expect(await page.text()).toContain("<html");

    await mkdir(join(folder, "out"), { recursive: true });
    await writeFile(join(folder, "consumer.ts"), consumerProgram);
    await writeFile(join(folder, "process.d.ts"), "declare const process: { argv: string[] };\n");
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(consumerSettings));
    expect(await complaints()).toBe("");
    expect(JSON.parse(await inFolder("node", [join("out", "consumer.js"), url]))).toEqual({
      accepted: 500,
      title: "walden pond",
      complete: true,
      coverage: 1,
      conflict: 412,
      stored: "walden again",
      library: "books",
      cancelled: "typed on",
    });

    await writeFile(join(folder, "consumer.ts"), mistakenProgram);
    expect(await complaints()).toContain("'querry' does not exist in type 'SearchBody'");

    const { processes } = JSON.parse(await readFile(join(data, "up.json"), "utf8"));
    expect(processes).toHaveLength(5);
    stopUp("SIGTERM");
    await eventually(
      "every process has drained",
      async () => !processes.some(({ pid }: { pid: number }) => isAlive(pid)),
    );
    await eventually("the record of what runs is gone", async () => !existsSync(join(data, "up.json")));
  });
});

/** Compiles the consumer; gives what the compiler says. */
async function complaints(): Promise<string> {
  return run(join(repository, "node_modules/.bin/tsc"), ["-p", folder]).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
