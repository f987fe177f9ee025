import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KnownFlag, partsOf } from "../src/flags.ts";

const known: KnownFlag<"budgetMs" | "json" | "mark">[] = [
  { name: "budgetMs", takes: "value" },
  { name: "json", takes: "nothing" },
  { name: "mark", takes: "either" },
];

const read = (line: string) => partsOf(line === "" ? [] : line.split(" "), known);
const flag = (name: string, value: string | boolean) => ({ kind: "flag", name, value });
const word = (text: string) => ({ kind: "word", text });

describe("a command line", () => {
  it.each([
    ["", []],
    ["--budget-ms 5 a --json b", [flag("budgetMs", "5"), word("a"), flag("json", true), word("b")]],
    ["--budget-ms=5=6 --no-json", [flag("budgetMs", "5=6"), flag("json", false)]],
    ["--budget-ms -5 -", [flag("budgetMs", "-5"), word("-")]],
    ["--budget-ms=--json --budget", [flag("budgetMs", "--json"), { kind: "slip", why: "unknown", flag: "--budget" }]],
    ["--budget-ms=", [flag("budgetMs", "")]],
    ["--mark a", [flag("mark", true), word("a")]],
    ["--mark=a", [flag("mark", "a")]],
    ["--no-mark", [flag("mark", false)]],
    ["-h --help a", [{ kind: "help" }, { kind: "help" }, word("a")]],
    ["--json -- --json -- -h", [flag("json", true), word("--json"), word("--"), word("-h")]],
  ])("%j is taken apart in its order", (line, parts) => expect(read(line)).toMatchObject(parts));

  it.each([
    ["--jsno", { why: "unknown", flag: "--jsno", hint: "; did you mean --json?" }],
    ["--nomark", { why: "unknown", flag: "--nomark", hint: "; did you mean --no-mark?" }],
    ["--nobudget-ms", { why: "unknown", hint: "; did you mean --budget-ms?" }],
    ["-json", { why: "unknown", flag: "-json" }],
    ["--budgetMs=1", { why: "unknown", flag: "--budgetMs" }],
    ["--no-budget-ms", { why: "noSwitch", flag: "--no-budget-ms" }],
    ["--budget-ms", { why: "valueMissing", flag: "--budget-ms" }],
    ["--json=yes", { why: "valueGiven", flag: "--json", value: "yes" }],
    ["--no-mark=yes", { why: "valueGiven", flag: "--no-mark", value: "yes" }],
  ])("says what is the matter with %s", (line, slip) => expect(read(line)).toMatchObject([{ kind: "slip", ...slip }]));

  it("takes no flag for the value of the one before it", () => {
    const missing = { kind: "slip", why: "valueMissing", flag: "--budget-ms" };
    expect(read("--budget-ms --json a")).toMatchObject([missing, flag("json", true), word("a")]);
    expect(read("--budget-ms -- a")).toMatchObject([missing, word("a")]);
  });

  it.each(["--budget-ms 1 --budget-ms=2", "--json --no-json", "--mark --mark=a"])("has a flag once: %s", (line) => {
    const [first, second] = read(line);
    expect(first).toMatchObject({ kind: "flag" });
    expect(second).toMatchObject({ kind: "slip", why: "twice", flag: line.split(" ")[0] });
  });

  it("loses no word, and reads none of what follows two dashes alone", () => {
    const anything = fc.oneof(fc.string(), fc.constantFrom("--", "-", "--json", "--no-", "--budget-ms", "--=", "-h"));
    fc.assert(
      fc.property(fc.array(anything), fc.array(anything), (before, words) => {
        const all = partsOf([...before, "--", ...words], known);
        const own = partsOf(before.includes("--") ? [...before, "--"] : before, known);
        expect(all).toEqual([...own, ...words.map(word)]);
      }),
      { seed: 41, numRuns: 500 },
    );
  });
});
