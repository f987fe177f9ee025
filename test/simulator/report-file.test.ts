import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reportObstacle, writeReport } from "../../src/simulator/report-file.ts";
import { smallScenario } from "../support/small-scenario.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hedgerow-report-"));
});
afterEach(() => rm(directory, { recursive: true }));

describe("a report's file", () => {
  test("is found fit without being made, and replaced where it stands", async () => {
    const path = join(directory, "report.html");
    expect(reportObstacle(path)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
    for (const page of ["first", "second"]) {
      expect(writeReport(path, page)).toBeUndefined();
      expect(reportObstacle(path)).toBeUndefined();
      expect(await readFile(path, "utf8")).toBe(page);
    }
  });

  test("is refused in a line wherever it could not be written", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    for (const path of ["", directory, `${directory}/`, join(directory, "none", "x"), join(file, "x"), `${file}/`]) {
      expect(reportObstacle(path)).toMatch(/^.*(cannot be written|must name a file).*$/);
      expect(writeReport(path, "page")).toMatch(/^the report .* cannot be written: .*$/);
    }
  });

  test.skipIf(process.getuid?.() === 0)("is refused where this user may not write", async () => {
    await chmod(directory, 0o500);
    expect(reportObstacle(join(directory, "x"))).toContain("cannot be written: EACCES");
    await chmod(directory, 0o700);
  });
});

describe("simulate --report", () => {
  const program = fileURLToPath(new URL("../../src/simulator/main.ts", import.meta.url));

  async function simulate(report: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
    const scenario = join(directory, "small.json");
    await writeFile(scenario, JSON.stringify(smallScenario));
    const words = [program, "--scenario", scenario, "--json", "--report", report];
    return new Promise((resolve) =>
      execFile(process.execPath, words, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr })),
    );
  }

  test("writes the page, and plays nothing where it could not", async () => {
    const path = join(directory, "report.html");
    expect(await simulate(path)).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(path, "utf8")).toContain("<polyline");
    const refused = await simulate(join(directory, "none", "x.html"));
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^the report .*x\.html cannot be written: ENOENT.*\n$/);
  });

  test.skipIf(!existsSync("/dev/full"))("prints the result all the same where writing fails", async () => {
    const { code, stdout, stderr } = await simulate("/dev/full");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^the report \/dev\/full .*ENOSPC.*\n$/),
    });
    expect(JSON.parse(stdout)).toMatchObject({ coverage: expect.anything() });
  });
});
