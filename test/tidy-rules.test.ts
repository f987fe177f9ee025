import { describe, expect, it } from "vitest";
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
import { exceptions } from "./support/tidy/house.ts";
import { type Finding, type Source, sourceFrom } from "./support/tidy/source.ts";

/** A file of some room, for what does not depend on which. */
const inRoot = (text: string): Source => sourceFrom("src/root/some.ts", text);

/** A file's text that imports something as a value. */
const importing = (target: string): string => `import { a } from "${target}"; a();`;

describe("directions", () => {
  const judged = (path: string, target: string): Finding[] => wrongDirections([sourceFrom(path, importing(target))]);

  it.each([
    ["src/root/a.ts", "../policy/b.ts"],
    ["src/leaf/a.ts", "../engine/b.ts"],
    ["src/query/a.ts", "../engine/analyzer.ts"],
    ["src/root/deep/a.ts", "../b.ts"],
    ["src/main.ts", "./root/serve.ts"],
    ["load/bench/a.ts", "../../src/engine/b.ts"],
    ["test/simulator/a.ts", "../../src/simulator/b.ts"],
    ["src/root/a.ts", "node:path"],
  ])("lets %s import %s", (path, target) => {
    expect(judged(path, target)).toEqual([]);
  });

  it.each([
    ["src/root/a.ts", "../leaf/b.ts"],
    ["src/leaf/a.ts", "../root/b.ts"],
    ["src/engine/a.ts", "../leaf/b.ts"],
    ["src/policy/a.ts", "../cluster/b.ts"],
    ["src/protocol/a.ts", "../policy/b.ts"],
    ["src/query/a.ts", "../engine/kernel.ts"],
    ["src/root/a.ts", "../simulator/b.ts"],
    ["src/root/a.ts", "../main.ts"],
    ["src/root/a.ts", "../config.ts"],
    ["src/root/a.ts", "../../test/b.ts"],
    ["src/cupboard/a.ts", "../errors.ts"],
    ["load/bench/a.ts", "../../src/simulator/b.ts"],
    ["load/bench/a.ts", "../../test/support/b.ts"],
  ])("does not let %s import %s", (path, target) => {
    expect(judged(path, target)).toHaveLength(1);
  });

  it("hold for re-exports, for imports at run time and for types", () => {
    for (const text of [
      'export { a } from "../leaf/b.ts";',
      'export * from "../leaf/b.ts";',
      'const a = await import("../leaf/b.ts");',
      'import type { A } from "../leaf/b.ts";',
      'import "../leaf/b.ts";',
    ])
      expect(wrongDirections([inRoot(text)])).toEqual([expect.stringContaining("src/root/some.ts:1")]);
  });

  it("let an exception for types pass types alone", () => {
    const read = (text: string): Finding[] => wrongDirections([sourceFrom("src/root/serve.ts", text)]);
    expect(read('import type { A } from "../command/io.ts";')).toEqual([]);
    expect(read('import { type A, type B } from "../command/io.ts";')).toEqual([]);
    expect(read('import { type A, b } from "../command/io.ts";')).toHaveLength(1);
  });

  it("come from a table without circles", () => {
    expect(circles({ a: [], b: ["a"], c: ["a", "b"] })).toEqual([]);
    expect(circles({ a: ["b"], b: ["a"] })).toHaveLength(1);
    expect(circles({ a: ["a"] })).toHaveLength(1);
  });

  it("say which exceptions nobody needs", () => {
    expect(idleExceptions([])).toHaveLength(exceptions.length);
    const user = sourceFrom("src/query/plan.ts", importing("../engine/analyzer.ts"));
    expect(idleExceptions([user])).toHaveLength(exceptions.length - 1);
  });
});

describe("dependencies", () => {
  it.each([
    ["src/root/app.ts", "fastify"],
    ["src/engine/languages.ts", "@orama/stemmers/english"],
    ["src/telemetry/deep/a.ts", "prom-client"],
    ["src/root/a.ts", "node:path"],
  ])("lets %s import %s", (path, target) => {
    expect(strayDependencies([sourceFrom(path, importing(target))])).toEqual([]);
  });

  it.each([
    ["src/root/search.ts", "fastify"],
    ["src/root/deep/app.ts", "fastify"],
    ["src/engine/analyzer.ts", "@orama/stemmers/english"],
    ["src/leaf/a.ts", "node:sqlite"],
    ["src/root/a.ts", "of-no-room"],
  ])("does not let %s import %s", (path, target) => {
    expect(strayDependencies([sourceFrom(path, importing(target))])).toHaveLength(1);
  });

  it("are idle unless a program names them", () => {
    const sources = [inRoot(importing("@some/thing/deep")), inRoot('resolve("data-only/package.json")')];
    expect(idleDependencies(sources, ["@some/thing", "data-only"])).toEqual([]);
    expect(idleDependencies(sources, ["@some/other"])).toHaveLength(1);
  });
});

describe("dead files", () => {
  const chain = [
    sourceFrom("src/main.ts", 'const a = await import("./a.ts");'),
    sourceFrom("src/a.ts", 'start(new URL("./thread.ts", import.meta.url));'),
    sourceFrom("src/thread.ts", 'import type { B } from "./b.ts"; start(beside("c.ts"));'),
    sourceFrom("src/c.ts", ""),
    sourceFrom("src/b.ts", "export type B = 1;"),
  ];

  it("are none that a program leads to, by whatever kind of mention", () => {
    expect(deadFiles(chain, ["src/main.ts"])).toEqual([]);
  });

  it("are those that only dead files lead to, and beginnings that are gone", () => {
    const island = [sourceFrom("src/d.ts", importing("./e.ts")), sourceFrom("src/e.ts", importing("./d.ts"))];
    expect(deadFiles([...chain, ...island], ["src/main.ts", "src/gone.ts"])).toEqual([
      expect.stringContaining("src/gone.ts"),
      expect.stringContaining("src/d.ts"),
      expect.stringContaining("src/e.ts"),
    ]);
  });
});

describe("clocks", () => {
  it.each([
    "const a = Date.now();",
    "const a = new Date();",
    "const a = performance.now();",
    "setTimeout(run, 1);",
    "const later = { setTimeout };",
    "globalThis.setInterval(run, 1);",
    "const a = Math.random();",
    "const a = AbortSignal.timeout(1);",
    "setImmediate(run);",
    "createWriter(stream, setImmediate);",
    'import { setTimeout as wait } from "node:timers/promises";',
  ])("are found in %s", (text) => {
    expect(strayClocks(inRoot(text)).length).toBeGreaterThan(0);
    expect(strayClocks(sourceFrom("src/time.ts", text))).toEqual([]);
  });

  it.each([
    "// Date.now() is elsewhere",
    'const a = "Date";',
    "const a = { performance: 1 };",
    "a.Date;",
    "Math.max(1);",
  ])("are not found in %s", (text) => {
    expect(strayClocks(inRoot(text))).toEqual([]);
  });

  it("may end a turn of the event loop in tests", () => {
    expect(strayClocks(sourceFrom("test/root/some.test.ts", "setImmediate(run);"))).toEqual([]);
  });
});

describe("names", () => {
  const words = ["ut" + "ils", "hel" + "per", "com" + "mon", "man" + "ager", "mas" + "ter", "sla" + "ve"];

  it.each(words)("may not be %s, alone or within others", (word) => {
    const inner = word[0]?.toUpperCase() + word.slice(1);
    expect(refusedNames(sourceFrom(`src/root/${word}.ts`, ""))).toHaveLength(1);
    expect(refusedNames(sourceFrom(`src/${word}/a.ts`, ""))).toHaveLength(1);
    expect(refusedNames(inRoot(`const ${word} = 1;`))).toHaveLength(1);
    expect(refusedNames(inRoot(`type An${inner}Of = 1;`))).toHaveLength(1);
    expect(refusedNames(inRoot(`// ${word}\nconst a = "${word}";`))).toEqual([]);
  });

  it("may be what an import gives up for another", () => {
    expect(refusedNames(inRoot('import { aManager as open } from "a"; open();'))).toEqual([]);
    expect(refusedNames(inRoot('import { open as aManager } from "a"; open();'))).toHaveLength(1);
  });

  it("may hold the letters of such a word", () => {
    expect(refusedNames(inRoot("const utility = 1, commonly = 2, mastery = 3;"))).toEqual([]);
  });
});

describe("lengths", () => {
  const lines = (count: number): string => "a();\n".repeat(count);

  it("allow a file 400 lines", () => {
    expect(longFiles(inRoot(lines(400)))).toEqual([]);
    expect(longFiles(inRoot(lines(401)))).toHaveLength(1);
  });

  it("allow a function 70 lines, those of functions inside it not counted", () => {
    expect(longFunctions(inRoot(`function f() {\n${lines(68)}}`))).toEqual([]);
    expect(longFunctions(inRoot(`function f() {\n${lines(69)}}`))).toEqual([expect.stringContaining("f has 71")]);
    expect(longFunctions(inRoot(`class C { m() {\n${lines(69)}} }`))).toEqual([expect.stringContaining("m has 71")]);
    const inner = `const g = () => {\n${lines(40)}};\n`;
    expect(longFunctions(inRoot(`function f() {\n${inner}${inner}}`))).toEqual([]);
    expect(longFunctions(inRoot(`function f() {\nconst g = () => {\n${lines(69)}};\n}`))).toHaveLength(1);
  });

  it("allow three parameters, and a callback as many as its caller passes", () => {
    expect(manyParameters(inRoot("function f(a, b, c) {} class C { constructor(a, b, c) {} }"))).toEqual([]);
    expect(manyParameters(inRoot("function f(a, b, c, d) {} const g = (a, b, c, d) => 1;"))).toHaveLength(2);
    expect(manyParameters(inRoot("list.reduce((a, b, c, d) => 1); x = { m(_a, _b, c, d) {} };"))).toEqual([]);
  });
});

describe("what the checker is told", () => {
  it("may not be any, nor that something is there", () => {
    expect(unchecked(inRoot("const a: any = b!; function f(x: any[]) {}"))).toHaveLength(3);
    expect(unchecked(inRoot('const any = !a; const b = "any!"; if (a != b) {}'))).toEqual([]);
  });

  it("may be cast in an adapter alone", () => {
    const text = "const a = b as string; const c = <number>d;";
    expect(casts(inRoot(text))).toHaveLength(2);
    expect(casts(sourceFrom("src/engine/memtable.ts", text))).toEqual([]);
    expect(casts(inRoot("const a = [1] as const; const b = { c: 1 } satisfies D;"))).toEqual([]);
  });

  it("may not be silence, nor a promise without a number", () => {
    const bad = [
      "@ts-" + "ignore",
      "@ts-" + "expect-error",
      "biome-" + "ignore lint: x",
      "TO" + "DO later",
      "FIX" + "ME",
    ];
    for (const comment of bad) expect(badComments(inRoot(`\n// ${comment}`))).toEqual([expect.stringContaining(":2")]);
    expect(badComments(inRoot(`// ${"TO" + "DO"}(#12) later\nconst mastodon = 1;`))).toEqual([]);
  });
});

describe("the machine", () => {
  const path = (...parts: string[]): string => ["", ...parts].join("/");

  it("may not show in a path", () => {
    for (const found of [path("home", "me"), path("work", "main"), path("Users", "me"), path("tmp", "a")]) {
      expect(machinePaths("a.ts", `first\nread("${found}")`)).toEqual([expect.stringContaining("a.ts:2")]);
      expect(machinePaths("a.ts", `cd ${found}`)).toHaveLength(1);
      expect(machinePaths("a.ts", `file:/${path("", ...found.split("/").slice(1))}`)).toHaveLength(1);
    }
    expect(machinePaths("a.ts", `import "..${path("root", "app.ts")}"; "src${path("work", "a")}"`)).toEqual([]);
  });

  it("may not show in a lock file, where authors' addresses may", () => {
    const lock = '{\n"resolved": "https://registry.example/a.tgz",\n"url": "https://authors.example"\n}';
    expect(registryHosts("package-lock.json", lock)).toEqual([expect.stringContaining("package-lock.json:2")]);
    expect(registryHosts(".npmrc", "fund=false\nregistry=https://registry.example")).toHaveLength(1);
    expect(registryHosts(".npmrc", "@scope:registry = https://registry.example")).toHaveLength(1);
    expect(registryHosts(".npmrc", "omit-lockfile-registry-resolved=true")).toEqual([]);
  });
});
