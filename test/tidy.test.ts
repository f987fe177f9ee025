import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "vitest";
import {
  circles,
  deadFiles,
  idleDependencies,
  idleExceptions,
  strayDependencies,
  wrongDirections,
} from "./support/tidy/directions.ts";
import {
  badComments,
  casts,
  longFiles,
  longFunctions,
  machinePaths,
  manyParameters,
  refusedNames,
  registryHosts,
  strayClocks,
  unchecked,
} from "./support/tidy/habits.ts";
import { rooms, threadFiles } from "./support/tidy/house.ts";
import { type Finding, filesBelow, readSources, type Source } from "./support/tidy/source.ts";

const repository = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const sources = readSources(repository, ["src", "data", "load", "test"]);
const programs = sources.filter(({ path }) => !path.startsWith("test/"));
const manifest: { dependencies: Record<string, string>; scripts: Record<string, string> } = JSON.parse(
  read("package.json"),
);
const packed: { files: string[] } = JSON.parse(read("deploy/npm/tsconfig.json"));

function read(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}

/** Fails with what was found, a line each, rather than with a comparison of lists. */
function expectNone(findings: readonly Finding[]): void {
  if (findings.length > 0) throw new Error(`${findings.length} to mend:\n${findings.join("\n")}`);
}

const everywhere = (rule: (source: Source) => Finding[]) => (): void => expectNone(sources.flatMap(rule));
const inPrograms = (rule: (source: Source) => Finding[]) => (): void => expectNone(programs.flatMap(rule));

describe("the house", () => {
  it("has its rooms in an order in which each uses only those above it", () => expectNone(circles(rooms)));
  it("keeps imports to their directions", () => expectNone(wrongDirections(sources)));
  it("keeps no exception that nothing needs", () => expectNone(idleExceptions(sources)));
  it("keeps every dependency in its room", () => expectNone(strayDependencies(sources)));
  it("installs nothing for a program that none imports", () =>
    expectNone(idleDependencies(programs, Object.keys(manifest.dependencies))));
  it("holds no file that no program reaches", () => expectNone(deadFiles(programs, beginnings())));
});

/** The files that `package.json` starts something with, those that the npm package is made from, and those of threads. */
function beginnings(): string[] {
  const started = Object.values(manifest.scripts).flatMap((script) => script.match(/[\w./-]+\.ts\b/g) ?? []);
  const isProgram = (path: string): boolean => !path.startsWith("test/");
  const fromTop = (path: string): string => path.replace("../../", "");
  return [...packed.files.map(fromTop), ...started.filter(isProgram), ...threadFiles];
}

describe("the habits", () => {
  it("touches clocks, timers and randomness in src/time.ts alone", everywhere(strayClocks));
  it("uses names that say something", everywhere(refusedNames));
  it("keeps files short", everywhere(longFiles));
  it("keeps functions short", everywhere(longFunctions));
  it("keeps parameters few", everywhere(manyParameters));
  it("leaves nothing unchecked", everywhere(unchecked));
  it("casts in adapters alone", inPrograms(casts));
  it("silences no check and promises nothing", everywhere(badComments));
});

describe("the repository", () => {
  it("names no path of some machine", () => {
    const below = ["src", "data", "load", "test", "deploy", ".ci"].filter((top) => existsSync(join(repository, top)));
    const files = below.flatMap((top) => filesBelow(repository, top)).filter((path) => !isBinary(path));
    const settings = ["package.json", "package-lock.json", "tsconfig.json", "biome.json", "vitest.config.ts"];
    expectNone([...files, ...settings].flatMap((path) => machinePaths(path, read(path))));
  });

  it("names no host that packages were fetched from", () =>
    expectNone(["package-lock.json", ".npmrc"].flatMap((path) => registryHosts(path, read(path)))));
});

function isBinary(path: string): boolean {
  return [".png", ".ico", ".woff2", ".gz", ".bin"].some((ending) => path.endsWith(ending));
}
