import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run as backup } from "../../src/command/backup.ts";
import { fileProblem } from "../../src/command/file-problem.ts";
import { run as importInto } from "../../src/command/import.ts";
import { listeningIo, startStub } from "../support/stub-service.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-files-"));
});
afterAll(() => rm(directory, { recursive: true }));

const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe("what is the matter with a file", () => {
  it("is said with its name, and not at all of other errors", async () => {
    const missing = join(directory, "missing");
    expect(fileProblem(await failureOf(stat(missing)))).toBe(`there is no such file or directory: ${missing}`);
    expect(fileProblem(await failureOf(writeFile(directory, "")))).toBe(`${directory} is a directory`);
    const denied = Object.assign(new Error("x"), { code: "EACCES", syscall: "open", path: "a" });
    expect(fileProblem(denied)).toBe("a may not be used so by this user");
    const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", syscall: "write" });
    expect(fileProblem(full)).toBe("ENOSPC: no space left");
    for (const other of [new Error("x"), "x", undefined]) expect(fileProblem(other)).toBeUndefined();
  });

  it.each<[string, typeof backup, string, number, string]>([
    ["a backup into a directory", backup, "", 2, "is a directory; name the file to write"],
    ["a backup below none", backup, "none/all.backup", 1, "there is no such file or directory: "],
    ["an import of a directory", importInto, "", 2, "is a directory; name a file in it"],
    ["an import of nothing", importInto, "none.jsonl", 1, "there is no such file or directory: "],
  ])("is said of %s before anything is asked for", async (_name, run, file, expected, message) => {
    const stub = await startStub(() => ({ json: {} }));
    const io = listeningIo({ env: { HEDGEROW_URL: stub.url } });
    const index = run === importInto ? ["--index", "books"] : [];
    const code = await run([join(directory, file), ...index], io);
    await stub.close();
    expect({ code, seen: stub.seen }).toEqual({ code: expected, seen: [] });
    expect(io.err()).toContain(message);
    expect(io.err()).not.toMatch(/E[A-Z]{4,}/);
  });
});

it("is no matter of files that nothing listens where a backup is asked for", async () => {
  const stub = await startStub(() => ({ json: {} }));
  await stub.close();
  const io = listeningIo({ env: { HEDGEROW_URL: stub.url } });
  expect(await backup([join(directory, "all.backup")], io)).toBe(1);
  expect(io.err()).toContain("nothing listens there (hedgerow up starts a cluster)");
});
