import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

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
