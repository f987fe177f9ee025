import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const model = readFileSync(join(repository, "deploy", "SECURITY.md"), "utf8");

type Threat = { name: string; path: string; title: string };

/** The rows below "Threats": each ends with the test that shows the defence, as `file: title`. */
const rows = model
  .slice(model.indexOf("## Threats"), model.indexOf("## What is not defended"))
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| threat"));

const threats: Threat[] = rows.map((row) => {
  const [name = "", , test = ""] = row.slice(2, -2).split(" | ");
  const [path = "", ...title] = test.slice(1, -1).split(": ");
  return { name, path, title: title.join(": ") };
});

describe("the threat model", () => {
  it("has threats", () => expect(threats.length).toBeGreaterThan(20));

  it.each(threats)("names a test that exists for: $name", ({ path, title }) => {
    expect(title.length).toBeGreaterThan(5);
    expect(readFileSync(join(repository, path), "utf8")).toContain(title);
  });

  it("leaves no file of tests out", () => {
    const files = readdirSync(join(repository, "test", "security")).filter((name) => /\.(test|slow)\.ts$/.test(name));
    const named = new Set(threats.map(({ path }) => path));
    const left = files.filter((name) => name !== "threats.test.ts" && !named.has(`test/security/${name}`));
    expect(left).toEqual([]);
  });
});
