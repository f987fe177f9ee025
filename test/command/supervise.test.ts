import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type Supervised, supervise } from "../../src/command/supervise.ts";
import { systemClock, systemTimers, type Timers } from "../../src/time.ts";

/** Says that it listens, until its channel closes. */
const program = `
process.on("disconnect", () => process.exit());
if (process.connected) process.send({ listening: "http://127.0.0.1:1" }, undefined, undefined, () => undefined);
`;

/** Ten times as fast as they should be. */
const hastyTimers: Timers = { after: (delayMs, run) => systemTimers.after(delayMs / 10, run) };

const { execPath } = process;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  process.execPath = execPath;
  for (const end of ends.splice(0).reverse()) await end();
});

async function supervised(flags: () => string[] = () => []): Promise<{ leaf: Supervised; troubles: string[] }> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-supervise-"));
  ends.push(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "program.mjs"), program);
  const troubles: string[] = [];
  const leaf = supervise({
    role: "leaf",
    name: "leaf-1",
    program: join(directory, "program.mjs"),
    codeCache: join(directory, "code"),
    flags,
    clock: systemClock,
    timers: hastyTimers,
    isEnding: () => false,
    onChange: () => undefined,
    onTrouble: (message) => void troubles.push(message),
  });
  ends.push(() => leaf.stop(10_000));
  return { leaf, troubles };
}

function kill({ pid }: Supervised): number {
  if (pid === undefined) throw new Error("nothing runs");
  process.kill(pid, "SIGKILL");
  return pid;
}

const tooLong = "x".repeat(3_000_000);
let flag = "";

it.each([
  {
    kind: "told of later",
    refuse: () => {
      process.execPath = "/nowhere/node";
    },
    allow: () => {
      process.execPath = execPath;
    },
    cause: "ENOENT",
  },
  {
    kind: "thrown",
    refuse: () => {
      flag = tooLong;
    },
    allow: () => {
      flag = "";
    },
    cause: "E2BIG",
  },
])("goes on trying where the machine starts no process, whose cause is $kind", async ({ refuse, allow, cause }) => {
  const { leaf, troubles } = await supervised(() => (flag === "" ? [] : [flag]));
  await leaf.listening;
  refuse();
  const first = kill(leaf);
  const refused = (): number => troubles.filter((trouble) => trouble.includes(cause)).length;
  await expect.poll(refused).toBeGreaterThanOrEqual(2);
  expect(leaf.pid).toBeUndefined();
  allow();
  await expect.poll(() => leaf.pid).toBeDefined();
  expect(leaf.pid).not.toBe(first);
});

it("does not listen where its first start fails", async () => {
  process.execPath = "/nowhere/node";
  const { leaf } = await supervised();
  await expect(leaf.listening).rejects.toThrow("leaf-1 could not be started (spawn /nowhere/node ENOENT)");
});
