import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { helpText, readFlags } from "../../src/command/flags.ts";

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
    [["--entirely-else"], "there is no flag --entirely-else"],
    [["-x"], "there is no flag -x"],
    [["--no-size"], "there is no flag --no-size"],
    [["--size", "1.5"], '--size must be a whole number from 0 to 1000, not "1.5"'],
    [["--size", "1001"], '--size must be a whole number from 0 to 1000, not "1001"'],
    [["--size", ""], '--size must be a whole number from 0 to 1000, not ""'],
    [["--size"], "--size wants a value after it"],
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
