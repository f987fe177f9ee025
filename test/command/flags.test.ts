import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { run as backup } from "../../src/command/backup.ts";
import { helpText, readFlags } from "../../src/command/flags.ts";
import { run as importing } from "../../src/command/import.ts";
import { run as key } from "../../src/command/key.ts";
import { run as demo } from "../../src/command/load-demo.ts";
import { run as restore } from "../../src/command/restore.ts";
import { run as search } from "../../src/command/search.ts";
import { run as status } from "../../src/command/status.ts";
import { clientFlagNames } from "../../src/config/client-flags.ts";
import { settingsTable, unknownVariables, variableOf } from "../../src/config.ts";
import { listeningIo } from "../support/stub-service.ts";

const command = {
  usage: "try it",
  flags: {
    index: { kind: "text", reason: "which" },
    typos: { kind: "text", oneOf: ["auto", "0"], reason: "edits" },
    size: { kind: "number", max: 1000, isWhole: true, reason: "how many" },
    minCoverage: { kind: "number", max: 1, reason: "share" },
    sort: { kind: "list", reason: "order" },
    filter: { kind: "json", reason: "conditions" },
    cache: { kind: "switch", isOn: true, reason: "not from the cache" },
    highlight: { kind: "switchOrList", reason: "where" },
  },
} as const;

const read = (...args: string[]) => readFlags(args, command);

describe("flags", () => {
  it("are read by kind, with the words between them", () => {
    const args = "fear --index demo of --size 5 --min-coverage=.5 --sort -year,_score --no-cache heights".split(" ");
    expect(read(...args, "--filter", '{"a": [1]}', "--highlight")).toEqual({
      kind: "ok",
      words: ["fear", "of", "heights"],
      values: {
        index: "demo",
        size: 5,
        minCoverage: 0.5,
        sort: ["-year", "_score"],
        cache: false,
        filter: { a: [1] },
        highlight: true,
      },
    });
    expect(read("--highlight=a,b", "--cache")).toMatchObject({ values: { highlight: ["a", "b"], cache: true } });
    expect(read("--", "-word", "--size")).toEqual({ kind: "ok", values: {}, words: ["-word", "--size"] });
  });

  it.each([
    [["--sizee", "3"], "there is no flag --sizee; did you mean --size?"],
    [["--min-covrage", "3"], "there is no flag --min-covrage; did you mean --min-coverage?"],
    [["--nocache"], "there is no flag --nocache; did you mean --no-cache?"],
    [["--no-cach"], "there is no flag --no-cach; did you mean --no-cache?"],
    [["--cach"], "there is no flag --cach; did you mean --cache?"],
    [["--nosize"], "there is no flag --nosize; did you mean --size?"],
    [["--entirely-else"], "there is no flag --entirely-else"],
    [["-x"], "there is no flag -x"],
    [["--no-size"], "there is no flag --no-size"],
    [["--size", "1.5"], '--size must be a whole number from 0 to 1000, not "1.5"'],
    [["--size", "1001"], '--size must be a whole number from 0 to 1000, not "1001"'],
    [["--size", ""], '--size must be a whole number from 0 to 1000, not ""'],
    [["--size"], "--size wants a value after it"],
    [["--index", "--size", "5"], "--index wants a value after it"],
    [["--min-coverage", "two"], '--min-coverage must be a number from 0 to 1, not "two"'],
    [["--typos", "many"], '--typos must be one of auto, 0, not "many"'],
    [["--filter", "{"], '--filter must be JSON, not "{"'],
    [["--cache=yes"], '--cache takes no value, not "yes"'],
    [["--index", "a", "--index", "b"], "--index is given twice"],
  ])("%j is misuse", (args, problem) => {
    const result = read(...args);
    expect(result).toMatchObject({ kind: "misuse" });
    if (result.kind === "misuse") expect(result.problem.startsWith(problem)).toBe(true);
  });

  it("are variables, too, of which a flag wins and an empty one is none", () => {
    const env = { HEDGEROW_INDEX: "books", HEDGEROW_SIZE: "7", HEDGEROW_MIN_COVERAGE: ".5", HEDGEROW_SORT: "" };
    const more = {
      HEDGEROW_CACHE: "0",
      HEDGEROW_HIGHLIGHT: "a,b",
      HEDGEROW_FILTER: "[1]",
      PATH: "/bin",
      HEDGEROW_PORT: "x",
    };
    expect(readFlags(["--size", "5", "w"], command, { ...env, ...more })).toEqual({
      kind: "ok",
      words: ["w"],
      values: { index: "books", size: 5, minCoverage: 0.5, cache: false, highlight: ["a", "b"], filter: [1] },
    });
    for (const [text, value] of Object.entries({ 1: true, true: true, 0: false, false: false })) {
      expect(readFlags([], command, { HEDGEROW_CACHE: text, HEDGEROW_HIGHLIGHT: text })).toEqual({
        kind: "ok",
        words: [],
        values: { cache: value, highlight: value },
      });
    }
    expect(readFlags([], command)).toEqual({ kind: "ok", words: [], values: {} });
  });

  it.each([
    [{ HEDGEROW_SIZE: "1.5" }, 'HEDGEROW_SIZE must be a whole number from 0 to 1000, not "1.5"'],
    [{ HEDGEROW_TYPOS: "many" }, 'HEDGEROW_TYPOS must be one of auto, 0, not "many"'],
    [{ HEDGEROW_CACHE: "yes" }, 'HEDGEROW_CACHE must be true or false, not "yes"'],
    [{ HEDGEROW_ENTIRELY_ELSE: "1" }, "HEDGEROW_ENTIRELY_ELSE: there is no such setting"],
    [{ HEDGEROW_SIZEE: "" }, "HEDGEROW_SIZEE: there is no such setting; did you mean HEDGEROW_SIZE?"],
  ])("refuse the variable %j", (env, problem) => {
    expect(readFlags([], command, env)).toEqual({ kind: "misuse", problem });
  });

  it("of every command and every setting of a role may be set beside each other", async () => {
    const found = new Set<string>();
    for (const run of [search, importing, status, backup, restore, demo, key]) {
      const io = listeningIo();
      expect(await run(["--help"], io)).toBe(0);
      for (const [, flag = ""] of io.out().matchAll(/^ {2}--(?:no-)?([a-z-]+)/gm)) found.add(flag);
    }
    const settings = Object.keys(settingsTable);
    const flagNames = [...found].map((flag) => flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()));
    expect(flagNames.filter((name) => !settings.includes(name)).sort()).toEqual([...clientFlagNames].sort());
    const everything = Object.fromEntries([...flagNames, ...settings].map((name) => [variableOf(name), ""]));
    expect(unknownVariables(everything)).toEqual([]);
  });

  it("show help wherever it is asked for, each flag on a line", () => {
    const result = read("words", "--help");
    expect(result).toEqual({ kind: "help", text: helpText(command) });
    for (const flag of ["--index TEXT", "--size N", "--sort A,B", "--no-cache", "--highlight[=A,B]"]) {
      expect(helpText(command)).toMatch(new RegExp(`^  ${flag.replaceAll(/[[\]=]/g, "\\$&")} +\\w`, "m"));
    }
  });

  it("never throw and never let an unknown flag pass", () => {
    const anything = fc.oneof(
      fc.string(),
      fc.string().map((text) => `--${text}`),
      fc.constantFrom("--size", "--", "-", "--no-", "--="),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (args) => {
        const result = readFlags(args, command);
        if (result.kind !== "ok") return;
        expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(Object.keys(result.values)));
      }),
      { seed: 21, numRuns: 500 },
    );
  });
});
