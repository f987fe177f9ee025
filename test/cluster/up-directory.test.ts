import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, startUp, startUpGroup, type UpCluster, type UpGroup, upOn } from "../support/up.ts";

const flags = ["--no-demo", "--leaves", "1", "--shards", "1", "--replicas", "1", "--zones", "1"];

let cluster: UpCluster | undefined;
beforeAll(async () => {
  cluster = await startUp(flags);
});
afterAll(() => cluster?.stop());

function secondUp(directory: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [...upOn(directory), "--no-demo", "--leaves", "2"], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    ),
  );
}

describe("hedgerow up on a data directory", () => {
  it("that another up runs on says so, and touches nothing of it", async () => {
    const directory = cluster?.directory ?? "";
    const before = await readFile(join(directory, "up.json"), "utf8");
    const { code, stdout, stderr } = await secondUp(directory);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^hedgerow: \S+ is in use by another hedgerow up; [^\n]*\n$/);
    expect(await readFile(join(directory, "up.json"), "utf8")).toBe(before);
    expect(await readdir(directory)).not.toContain("leaf-2");
    expect((await cluster?.request("GET", "/readyz"))?.status).toBe(200);
  });

  it("that is none ends with a line", async () => {
    const file = join(cluster?.directory ?? "", "file");
    await writeFile(file, "");
    const { code, stdout, stderr } = await secondUp(file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^hedgerow: \S+file is no directory[^\n]*\n$/);
    await rm(file);
  });
});

describe.skipIf(!existsSync("/dev/full"))("hedgerow up whose log has no room", () => {
  let directory = "";
  let group: UpGroup | undefined;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "hedgerow-full-log-"));
    const command = [process.execPath, ...upOn(directory), ...flags, "--log-level", "debug"].join(" ");
    group = await startUpGroup(["sh", "-c", `exec ${command} >/dev/full 2>&1`], directory);
  });
  afterAll(async () => {
    if (group !== undefined) process.kill(group.pid, "SIGTERM");
    const end = await group?.ended;
    await rm(directory, { recursive: true });
    expect(end?.code).toBe(0);
  });

  it("goes on, as its root and its leaf do", async () => {
    const pids = async (): Promise<number[]> => (await group?.processes())?.map(({ pid }) => pid) ?? [];
    const status = async (method: string, path: string, body?: object) =>
      (await group?.request(method, path, body))?.status;
    await status("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } });
    const [root, leaf = 0] = await pids();
    process.kill(leaf, "SIGKILL");
    await eventually("another leaf runs", async () => ![undefined, leaf].includes((await pids())[1]));
    await eventually("it serves", async () => (await status("GET", "/readyz")) === 200);
    expect(await status("POST", "/v1/indexes/books/search", {})).toBe(200);
    expect((await pids())[0]).toBe(root);
  });
});
