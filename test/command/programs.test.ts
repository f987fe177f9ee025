import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const manifest: { version: string; scripts: Record<string, string> } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);
/** The scripts that start a program of ours, with the words after `node`. */
const programs = Object.entries(manifest.scripts).flatMap(([name, script]): [string, string[]][] => {
  const words = /^(?:exec )?node (.*)$/.exec(script)?.[1];
  return words === undefined ? [] : [[name, words.split(" ")]];
});

function run(words: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const options = { cwd: repository, env: { PATH, NODE_COMPILE_CACHE }, timeout: 60_000 };
  return new Promise((resolve) =>
    execFile(process.execPath, words, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );
}

describe("every program", () => {
  it("is found", () => expect(programs.length).toBeGreaterThan(9));

  it.each(programs)("tells how npm run %s is used, and refuses a flag that it does not know", async (_name, words) => {
    const help = await run([...words, "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).not.toBe("");
    const slip = await run([...words, "--no-such-flag"]);
    expect(slip).toMatchObject({ code: 2, stdout: "" });
    expect(slip.stderr).toContain("--no-such-flag");
  });
});

describe("hedgerow --version", () => {
  it("is what package.json says", async () => {
    for (const flag of ["--version", "-v"]) {
      const answer = await run(["src/main.ts", flag]);
      expect(answer).toEqual({ code: 0, stdout: `hedgerow ${manifest.version}\n`, stderr: "" });
    }
  });
});

describe("hedgerow help", () => {
  it.each(["search", "up"])("of %s is what that command says of itself", async (command) => {
    const [help, own] = await Promise.all([
      run(["src/main.ts", "help", command]),
      run(["src/main.ts", command, "--help"]),
    ]);
    expect(help).toEqual(own);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining(`hedgerow ${command}`) });
  });

  it("of what is none says so", async () => {
    expect(await run(["src/main.ts", "help", "serach"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no command "serach"; did you mean search?\n'),
    });
  });
});
