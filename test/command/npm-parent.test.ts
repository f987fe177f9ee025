import { describe, expect, it } from "vitest";
import { commandLineOf, isRunForNpm } from "../../src/command/npm-parent.ts";

const npm = { npm_command: "exec", npm_execpath: "npm-cli.js" };
const script = (text: string): string[] => ["sh", "-c", text];

describe("being run for npm", () => {
  it.each([
    [["npm start --port 1"]],
    [["npm exec hedgerow up"]],
    [script("'hedgerow' up --data x")],
    [["/bin/bash", "-c", "cd x && hedgerow up >log 2>&1"]],
  ])("is to have %j for a parent", (parent) => {
    expect(isRunForNpm(npm, () => parent)).toBe(true);
    expect(isRunForNpm({ PATH: "/bin" }, () => parent)).toBe(false);
  });

  it.each([
    [[]],
    [["bash"]],
    [["-bash"]],
    [["sh", "start.sh"]],
    [["/sbin/init"]],
    [["node", "daemon.js", "-c", "x"]],
    [script("hedgerow up & wait")],
    [script("cd x && hedgerow up&")],
    [script("nohup hedgerow up")],
    [script("setsid hedgerow up")],
  ])("is not to be below npm somewhere, with %j for a parent", (parent) => {
    expect(isRunForNpm(npm, () => parent)).toBe(false);
  });

  it.skipIf(process.platform !== "linux")("is seen in a process's own words", () => {
    expect(commandLineOf(process.pid).join(" ")).not.toBe("");
    expect(commandLineOf(2 ** 30)).toEqual([]);
  });
});
