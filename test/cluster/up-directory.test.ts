import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUp, type UpCluster, upOn } from "../support/up.ts";

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
