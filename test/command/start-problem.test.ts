import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { startProblem } from "../../src/command/start-problem.ts";
import { HedgerowError } from "../../src/errors.ts";
import { listening } from "../support/links.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What the system says of listening there. */
function refusalOf(host: string, port = 0): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const server = createServer();
  server.once("error", resolve);
  server.listen({ host, port }, () => {
    server.close();
    reject(new Error(`${host}:${port} can be listened at`));
  });
  return promise;
}

describe("why a role cannot start", () => {
  it("is said of a port that is taken, of addresses that are not this machine's, and of what it lacks", async () => {
    const other = createServer();
    const port = await listening(other);
    expect(startProblem(await refusalOf("127.0.0.1", port))).toMatch(`127.0.0.1:${port} is taken by another process`);
    other.close();
    expect(startProblem(await refusalOf("203.0.113.1"))).toContain("203.0.113.1 is no address of this machine");
    const lookup = { code: "ENOTFOUND", syscall: "getaddrinfo", hostname: "nowhere" };
    expect(startProblem(Object.assign(new Error("getaddrinfo"), lookup))).toMatch(/^nowhere is no host/);
    expect(startProblem(new HedgerowError("storage_unavailable", "the disk is gone"))).toBe("the disk is gone");
  });

  it("is not made up for other errors: those are the program's own", () => {
    const foreign = Object.assign(new Error("connect EADDRINUSE"), { code: "EADDRINUSE", syscall: "connect" });
    const unknown = Object.assign(new Error("listen EMFILE"), { code: "EMFILE", syscall: "listen", address: "::" });
    for (const error of [foreign, unknown, new Error("x"), "x", undefined]) expect(startProblem(error)).toBeUndefined();
  });

  it.each(["leaf", "root"])("is a line of a %s whose port is taken, and an exit code of 1", async (role) => {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-start-"));
    const other = createServer();
    const port = await listening(other);
    const flags = [role, "--data", directory, "--port", String(port)];
    const ended = spawnSync(process.execPath, [program, ...flags], {
      encoding: "utf8",
      env: { PATH: process.env.PATH },
    });
    other.close();
    await rm(directory, { recursive: true, force: true });
    expect(ended.stderr).toMatch(/^hedgerow: 127\.0\.0\.1:\d+ is taken by another process[^\n]*\n$/);
    expect(ended.status).toBe(1);
  });
});
