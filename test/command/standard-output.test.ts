import { execFile, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { losing, outliveFailure, outliveReader } from "../../src/command/standard-output.ts";
import { startStub } from "../support/stub-service.ts";

const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

it.skipIf(!existsSync("/dev/full")).each(["--help", "--version", "up --help", "search --help"])(
  "says in a line that what was asked for by %s cannot be written",
  async (args) => {
    const command = `exec "${process.execPath}" "${program}" ${args} > /dev/full`;
    const failed = await promisify(execFile)("sh", ["-c", command]).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^hedgerow: ENOSPC: no space left[^\n]*\n$/),
    });
  },
);

describe("a process whose reader has gone", () => {
  it("goes on: a client command ends as it would have, without a word", async () => {
    const stub = await startStub(() => ({ json: { hits: [], filler: "x".repeat(1 << 20) } }));
    const args = [program, "search", "wind", "--json", "--url", stub.url];
    const command = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    command.stdout.destroy();
    let said = "";
    command.stderr.on("data", (piece) => {
      said += String(piece);
    });
    const [code] = await once(command, "close");
    await stub.close();
    expect({ code, said, asked: stub.seen.length }).toEqual({ code: 0, said: "", asked: 1 });
  });

  it("does so for pipes, sockets and terminals, and for no other error", () => {
    const told = (code: string, isTTY: boolean): void => {
      const stream = Object.assign(new EventEmitter(), { isTTY });
      outliveReader(stream);
      stream.emit("error", Object.assign(new Error(code), { code }));
    };
    for (const code of ["EPIPE", "ECONNRESET"]) expect(() => told(code, false)).not.toThrow();
    expect(() => told("EIO", true)).not.toThrow();
    for (const code of ["EIO", "ENOSPC", "EBADF"]) expect(() => told(code, false)).toThrow(code);
  });
});

describe("a service that cannot write its words", () => {
  it("goes on without them, and says the next ones", () => {
    const said: string[] = [];
    const tell = losing((text) => {
      if (text === "lost") throw new Error("ENOSPC");
      said.push(text);
    });
    for (const text of ["first", "lost", "last"]) expect(() => tell(text)).not.toThrow();
    expect(said).toEqual(["first", "last"]);
    const stream = new EventEmitter();
    outliveFailure(stream);
    expect(() => stream.emit("error", new Error("ENOSPC"))).not.toThrow();
  });
});
