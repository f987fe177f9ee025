import { chmod, chown, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/command/key.ts";
import { indexNamePattern } from "../../src/protocol/index-request.ts";
import { coversIndex, readKeys, writeKeys } from "../../src/security/keys.ts";
import { listeningIo } from "../support/stub-service.ts";

let directory = "";
let path = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-key-"));
  path = join(directory, "keys.json");
});
afterEach(() => rm(directory, { recursive: true }));

function key(...args: string[]) {
  return keyWith({}, ...args);
}

async function keyWith(env: Record<string, string>, ...args: string[]) {
  const io = listeningIo({ env: { HEDGEROW_KEYS: path, ...env } });
  return { code: await run(args, io), out: io.out(), err: io.err() };
}

async function keysIn(file: string) {
  const reading = readKeys(await readFile(file, "utf8"));
  if (reading.kind === "invalid") throw new Error(reading.detail);
  return reading.keys;
}

describe("hedgerow key", () => {
  it("adds no key to as many as a root reads", async () => {
    await key("key0");
    const [standing] = await keysIn(path);
    if (standing === undefined) throw new Error("there is no key");
    const most = Array.from({ length: 10_000 }, (_, i) => ({
      ...standing,
      name: `key${i}`,
      id: `${i}`.padStart(standing.id.length, "0"),
    }));
    await writeFile(path, writeKeys(most));
    expect(await key("another")).toMatchObject({ code: 1, err: expect.stringContaining("more than 10000 keys") });
    expect(await keysIn(path)).toHaveLength(10_000);
  });

  it("leaves who may read its file as it is, and lets nobody else read a new one", async () => {
    await key("web");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o640);
    await key("other");
    await key("web", "--remove");
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(directory)).toEqual(["keys.json"]);
  });

  it.runIf(process.getuid?.() === 0)("leaves its file to the user whose roots read it", async () => {
    await key("web");
    await chown(path, 1000, 1001);
    expect(await key("web", "--remove")).toMatchObject({ code: 0 });
    expect(await stat(path)).toMatchObject({ uid: 1000, gid: 1001 });
  });

  it("writes what a link names, whether that is there already or not, and leaves the link", async () => {
    const link = join(directory, "link.json");
    await symlink("keys.json", link);
    for (const name of ["web", "other"]) {
      expect(await key(name, "--keys", link)).toMatchObject({ code: 0 });
      expect((await lstat(link)).isSymbolicLink()).toBe(true);
    }
    expect((await keysIn(path)).map(({ name }) => name)).toEqual(["web", "other"]);
  });

  it("keeps no key whose token could not be shown", async () => {
    await key("standing");
    const before = await keysIn(path);
    const full = (): never => {
      throw new Error("no space left on device");
    };
    const io = { ...listeningIo({ env: { HEDGEROW_KEYS: path } }), stdout: full };
    expect(await run(["web"], io)).toBe(1);
    expect(io.err()).toContain("no space left on device");
    expect(await keysIn(path)).toEqual(before);
  });

  it("says that a file is not there, unless a key is to be added", async () => {
    const missing = { code: 1, out: "", err: `hedgerow: there is no such file: ${path}\n` };
    expect(await key()).toEqual(missing);
    expect(await key("web", "--remove")).toEqual(missing);
    expect(await key("web")).toMatchObject({ code: 0 });
    expect(await key()).toMatchObject({ code: 0, err: "" });
    expect(await key("other", "--remove")).toMatchObject({ code: 1, err: `hedgerow: ${path} has no key "other"\n` });
    expect(await key("web")).toMatchObject({ code: 1, err: `hedgerow: ${path} has a key "web" already\n` });
    expect(await key("web", "--remove")).toMatchObject({ code: 0 });
    expect(await keysIn(path)).toEqual([]);
  });

  it("says in words what is the matter with its file", async () => {
    const here = await key("web", "--keys", directory);
    expect(here).toEqual({ code: 1, out: "", err: `hedgerow: ${directory} is a directory\n` });
    const nowhere = join(directory, "none", "keys.json");
    expect(await key("web", "--keys", nowhere)).toEqual({
      code: 1,
      out: "",
      err: `hedgerow: ${nowhere} cannot be written, since that begins beside it: there is no such file or directory: ${nowhere}.new\n`,
    });
    await key("web");
    const below = join(path, "keys.json");
    const err = `hedgerow: ${below} lies below something that is no directory\n`;
    expect(await key("--keys", below)).toEqual({ code: 1, out: "", err });
  });

  it.each([
    [["--remove"], "--remove wants the name of the key"],
    [["--scopes", "write"], "--scopes is for a key that is made; name the key"],
    [["--indexes", "a"], "--indexes is for a key that is made"],
    [["--requests-per-s", "5"], "--requests-per-s is for a key that is made"],
    [["--burst", "5"], "--burst is for a key that is made"],
    [["--budget-ms", "5"], "--budget-ms is for a key that is made"],
    [["--budget-ms-max", "5"], "--budget-ms-max is for a key that is made"],
    [["web", "--remove", "--burst", "5"], "--burst is for a key that is made; --remove makes none"],
    [["web", "--burst", "5"], "--burst needs --requests-per-s"],
    [["web", "--budget-ms", "51", "--budget-ms-max", "50"], "--budget-ms must be at most 50"],
    [["web", "--scopes", "root"], '--scopes takes search, write, admin, metrics, join, not "root"'],
    [["web", "--indexes", "a*b"], "--indexes takes names of up to 64 letters a-z, digits, _ and -, a letter or digit"],
    [[""], "the name of a key has from 1 to 200 characters, not 0"],
    [["x".repeat(201)], "the name of a key has from 1 to 200 characters, not 201"],
  ])("%j is refused before anything is written", async (args, message) => {
    const { code, out, err } = await key(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err.startsWith(`hedgerow: ${message}`)).toBe(true);
    expect(err).not.toContain("keys/");
    expect(await readdir(directory)).toEqual([]);
  });

  it("takes its flags from variables, of which a flag wins", async () => {
    const env = { HEDGEROW_SCOPES: "write,join", HEDGEROW_INDEXES: "books", HEDGEROW_BUDGET_MS: "" };
    expect(await keyWith(env, "web", "--indexes", "films")).toMatchObject({ code: 0 });
    expect(await keysIn(path)).toMatchObject([{ name: "web", scopes: ["write", "join"], indexes: ["films"] }]);
    const unfit = await keyWith({ HEDGEROW_BURST: "many" }, "other");
    expect(unfit).toMatchObject({ code: 2, err: expect.stringContaining("HEDGEROW_BURST must be a number") });
    const slip = await keyWith({ HEDGEROW_SCOPE: "write" }, "other");
    expect(slip).toMatchObject({ code: 2, err: expect.stringContaining("did you mean HEDGEROW_SCOPES?") });
    expect(await keysIn(path)).toHaveLength(1);
  });

  it("passes over variables of a new key, and of other commands, where it makes none", async () => {
    await key("web");
    const env = { HEDGEROW_BUDGET_MS: "500", HEDGEROW_SCOPES: "write", HEDGEROW_PORT: "x" };
    expect(await keyWith(env)).toMatchObject({ code: 0, err: "" });
    expect(await keyWith(env, "web", "--remove")).toMatchObject({ code: 0 });
    expect(await keysIn(path)).toEqual([]);
  });

  it("takes limits that go together", async () => {
    const limits = ["--requests-per-s", "2", "--burst", "5", "--budget-ms", "50", "--budget-ms-max", "50"];
    expect(await key("web", ...limits)).toMatchObject({ code: 0 });
    expect(await keysIn(path)).toMatchObject([{ requestsPerS: 2, burst: 5, budgetMs: 50, budgetMsMax: 50 }]);
  });

  it("is for indexes that there can be, and refuses patterns of no such index", async () => {
    const indexName = fc.stringMatching(new RegExp(indexNamePattern));
    const ofNames = indexName.chain((name) =>
      fc.integer({ min: 0, max: name.length }).map((end) => ({ name, patterns: [name, `${name.slice(0, end)}*`] })),
    );
    await fc.assert(
      fc.asyncProperty(ofNames, async ({ name, patterns }) => {
        await writeFile(path, '{"keys":[]}');
        for (const pattern of patterns) {
          expect(await key(pattern, "--indexes", pattern)).toMatchObject({ code: 0 });
        }
        for (const made of await keysIn(path)) expect(coversIndex(made, name)).toBe(true);
      }),
      { seed: 31, numRuns: 50, examples: [[{ name: "a".repeat(64), patterns: [`${"a".repeat(64)}*`] }]] },
    );
    const unfit = fc.oneof(
      fc.constantFrom("", "Books", "b/c", "-a", "_a*", " a", "**", "a*b", "*a", "B*", "a".repeat(65), "ü*"),
      indexName.map((name) => `${name}.`),
      indexName.map((name) => `${name.toUpperCase()}X*`),
    );
    await rm(path);
    await fc.assert(
      fc.asyncProperty(unfit, async (pattern) => {
        const { code, err } = await key("web", "--indexes", `books,${pattern}`);
        expect(code).toBe(2);
        expect(err).toContain(`with one * at its end, not "${pattern}"\n`);
      }),
      { seed: 32, numRuns: 100 },
    );
    expect(await readdir(directory)).toEqual([]);
  });
});
