import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sleep, systemClock } from "../../src/time.ts";
import { eventually, startUpGroup, type UpGroup, upAt, upOn } from "../support/up.ts";

const flags = ["--no-demo", "--leaves", "2", "--shards", "2", "--replicas", "1", "--zones", "1"];
const document = { id: "1", title: "a hedge" };

let directory = "";
let started: number[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-signals-"));
});
afterEach(async () => {
  for (const pid of started) kill(pid, "SIGKILL");
  started = [];
  await eventually("nothing of it runs", async () => !started.some(isAlive));
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A cluster with an index, and the pids of its root and leaves. */
async function start(command: readonly string[]): Promise<UpGroup & { members: number[] }> {
  const group = await startUpGroup(command, directory);
  started = [group.pid, -group.pid];
  const members = (await group.processes()).map(({ pid }) => pid);
  started.push(...members);
  await group.request("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } });
  await group.request("PUT", "/v1/indexes/books/documents/1", document);
  return { ...group, members };
}

const plainly = (): string[] => [process.execPath, ...upOn(directory), ...flags];
const untilUp = (command: string): string =>
  `${command} & until [ -e ${join(directory, "up.json")} ]; do sleep 0.1; done; sleep 1`;

/** Sends a search that waits for a write that never comes and then answers from what is there; the root has it by then. */
async function begunSearch(url: string, budgetMs: number): Promise<{ ended: Promise<unknown> }> {
  const body = JSON.stringify({ query: "hedge", after: "99999999", budgetMs });
  const headers = { "content-type": "application/json", "content-length": body.length, expect: "100-continue" };
  const sent = httpRequest(`${url}/v1/indexes/books/search`, { method: "POST", headers });
  const ended = new Promise<unknown>((resolve, reject) => {
    sent.once("response", (response) => void json(response).then(resolve, reject));
    sent.once("error", reject);
  });
  ended.catch(() => undefined);
  sent.flushHeaders();
  await once(sent, "continue");
  sent.end(body);
  return { ended };
}

describe("hedgerow up and signals", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("drains at a %s to its whole group", async (signal) => {
    const { pid, url, members, ended } = await start(plainly());
    const search = await begunSearch(url, 3_000);
    process.kill(-pid, signal);
    // npm passes a terminal's signal on, and so it comes twice.
    kill(pid, signal);
    expect(await search.ended).toMatchObject({ total: { value: 1, exact: true } });
    const { code, said } = await ended;
    expect({ code, said: said.replace(/^Hedgerow is at .*\n/, "") }).toEqual({ code: 0, said: "" });
    expect(members.filter(isAlive)).toEqual([]);
  });

  it.each([600, 900, 1200, 1500, 1800])(
    "ends without a word when it is stopped %d ms after its start",
    async (delayMs) => {
      const [command = "", ...args] = plainly();
      const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
      started = [child.pid ?? 0, -(child.pid ?? 0)];
      let said = "";
      child.stderr.on("data", (piece) => {
        said += String(piece);
      });
      await sleep(delayMs);
      kill(child.pid ?? 0, "SIGTERM");
      await once(child, "close");
      expect(said).toBe("");
    },
  );

  it("ends soon while the demo corpus is on its way", async () => {
    const { pid, request, ended } = await start([...plainly().filter((word) => word !== "--no-demo"), "--demo"]);
    await eventually("some of it is there", async () => (await request("GET", "/v1/indexes/demo")).status === 200);
    const startedMs = systemClock.nowMs();
    process.kill(-pid, "SIGINT");
    expect((await ended).code).toBe(0);
    expect(systemClock.nowMs() - startedMs).toBeLessThan(15_000);
  });

  it("leaves nothing behind when it is killed", async () => {
    const { pid, members } = await start(plainly());
    process.kill(pid, "SIGKILL");
    await eventually("its processes have ended", async () => !members.some(isAlive));
  });

  it("starts a leaf again that SIGTERM was sent to alone", async () => {
    const { pid, processes, ended } = await start(plainly());
    const [leaf] = (await processes()).filter(({ role }) => role === "leaf");
    process.kill(leaf?.pid ?? 0, "SIGTERM");
    await eventually("it runs again", async () =>
      (await processes()).some((other) => other.name === leaf?.name && other.pid > 0 && other.pid !== leaf.pid),
    );
    process.kill(pid, "SIGTERM");
    expect(await ended).toMatchObject({
      code: 0,
      said: expect.stringContaining("ended with code 0; starting it again"),
    });
  });

  it("ends at once at a second Ctrl-C, and its processes by themselves", async () => {
    const { pid, url, members, ended } = await start(plainly());
    await begunSearch(url, 20_000);
    process.kill(-pid, "SIGINT");
    await sleep(1_500);
    expect(isAlive(pid)).toBe(true);
    process.kill(-pid, "SIGINT");
    expect((await ended).signal).toBe("SIGINT");
    await eventually("its processes have ended", async () => !members.some(isAlive), 40_000);
  });
});

describe("hedgerow up whose reader has gone", () => {
  it("serves until it is stopped, and so do its processes", async () => {
    const [command = "", ...args] = plainly();
    const child = spawn(command, [...args, "--log-level", "info"], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const { pid = 0 } = child;
    started = [pid, -pid];
    child.stdout.destroy();
    child.stderr.destroy();
    const ended = once(child, "exit");
    const up = await upAt(directory, child);
    const members = (await up.processes()).map((one) => one.pid);
    await up.request("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } });
    await eventually(
      "it can be searched",
      async () => (await up.request("GET", "/v1/indexes/books/search")).status === 200,
    );
    // Whatever had died would have been started again, as another process.
    expect((await up.processes()).map((one) => one.pid)).toEqual(members);
    kill(pid, "SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});

describe("hedgerow up run by npm", () => {
  it.each([
    ["npm start", () => ["npm", "start", "--", "--port", "0", "--data", directory, ...flags], 0],
    ["npx", () => ["npx", "-c", `${plainly().join(" ")}`], undefined],
  ])("drains when SIGTERM reaches %s alone", async (_name, command, code) => {
    const { pid, members, processes, ended } = await start(command());
    process.kill(pid, "SIGTERM");
    const end = await ended;
    if (code !== undefined) expect(end.code).toBe(code);
    await eventually("its processes have ended", async () => !members.some(isAlive));
    // What was killed leaves its record behind; what drained takes it away.
    await eventually("up has drained", async () => (await processes()).length === 0);
  });

  it("goes on after a shell that put it into the background", async () => {
    const { pid, members, ended } = await start(["npx", "-c", untilUp(`nohup ${plainly().join(" ")}`)]);
    await ended;
    await sleep(1_000);
    expect(members.every(isAlive)).toBe(true);
    process.kill(-pid, "SIGTERM");
    await eventually("its processes have ended", async () => !members.some(isAlive));
  });
});
