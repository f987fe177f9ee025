import { describe, expect, it } from "vitest";
import { readCommandLine } from "../../../load/bench/command-line.ts";

describe("the command line of the benchmarks", () => {
  it("takes a name and the flags of that benchmark", () => {
    expect(readCommandLine(["engine"])).toMatchObject({ kind: "run", name: "engine", options: { json: false } });
    expect(readCommandLine(["scale", "--part", "shards", "--quick", "--json"])).toMatchObject({
      kind: "run",
      options: { json: true, part: "shards", quick: true },
    });
  });

  it("shows the flags of each benchmark where none is named, and of one its own", () => {
    const all = readCommandLine(["--help"]);
    expect(all).toMatchObject({ kind: "help" });
    if (all.kind === "help") {
      for (const flag of ["json", "collection", "part", "documents-max", "quick"])
        expect(all.text).toContain(`[--${flag}`);
    }
    const text = "usage: npm run bench -- peers [--json] [--collection VALUE]";
    expect(readCommandLine(["peers", "-h"])).toEqual({ kind: "help", text });
  });

  it.each([
    [["enigne"], 'there is no benchmark "enigne"; did you mean engine?'],
    [["constructor"], 'there is no benchmark "constructor"'],
    [[], "a benchmark must be named"],
    [["peers", "--colection", "x"], "there is no flag --colection; did you mean --collection?"],
    [["engine", "--quick"], "there is no flag --quick"],
    [["scale", "shards"], "shards"],
    [["scale", "--part"], "--part"],
    [["scale", "--part", "--quick"], "--part wants a value after it"],
    [["scale", "--part", "shards", "--part", "roots"], "--part is given twice"],
    [["engine", "--json=yes"], "--json takes no value"],
  ])("names what does not fit: %j", (args, detail) => {
    const read = readCommandLine(args);
    expect(read.kind === "invalid" && read.detail).toContain(detail);
  });
});
