import { describe, expect, test } from "vitest";
import { readOptions } from "../../../load/runner/options.ts";

function detailOf(args: string[]): string {
  const read = readOptions(args);
  return read.kind === "invalid" ? read.detail : `not refused: ${read.kind}`;
}

describe("the command line of the load harness", () => {
  test("takes a run apart", () => {
    const read = readOptions(["--scenario", "ci", "--duration", "12", "--rate", "50", "--seed=7"]);
    expect(read).toMatchObject({
      kind: "run",
      options: { scenario: "ci", durationMs: 12_000, arrivals: { kind: "rate", perSecond: 50 }, seed: 7 },
    });
    expect(readOptions(["--scenario", "ci", "--connections", "8"])).toMatchObject({
      options: { arrivals: { kind: "closed", connections: 8 }, durationMs: undefined, target: undefined },
    });
  });

  test("takes two reports to compare", () => {
    expect(readOptions(["--compare", "a", "b"])).toEqual({ kind: "compare", before: "a", after: "b", json: false });
    expect(detailOf(["--compare", "a"])).toContain("two reports");
    expect(detailOf(["--compare", "a", "b", "c"])).toContain("two reports");
  });

  test.each([
    [["--scenrio", "ci"], "there is no flag --scenrio; did you mean --scenario?"],
    [["--scenario", "ci", "--entirely-else"], "there is no flag --entirely-else"],
    [["--scenario", "ci", "--scenario", "steady"], "--scenario is given twice"],
    [["--scenario", "ci", "--report", "--json"], "--report wants a value after it"],
    [["--scenario", "ci", "--seed="], "--seed must be a whole number"],
    [["--scenario", "ci", "--json=yes"], "--json takes no value"],
    [[], "--scenario NAME|FILE is needed; there are availability, bad-network, ci,"],
    [["--scenario", "ci", "extra"], '"extra"'],
    [["--scenario", "ci", "--rate", "5", "--connections", "5"], "exclude each other"],
    [["--scenario", "ci", "--rate", "many"], "--rate must be a number"],
    [["--scenario", "ci", "--connections", "2.5"], "--connections must be a whole number"],
    [["--scenario", "ci", "--duration", "0"], "--duration must be"],
    [["--scenario", "ci", "--duration", ""], "--duration must be"],
    [["--scenario", "ci", "--seed", "-1"], "--seed"],
    [["--scenario", "ci", "--target", "localhost:8080"], "--target must be http://host:port"],
    [["--scenario", "ci", "--profile"], "--profile needs --report DIR"],
    [["--scenario", "ci", "--profile", "--report", "out", "--target", "http://a:1"], "--profile and --target exclude"],
  ])("names what does not fit: %j", (args, detail) => {
    expect(detailOf(args)).toContain(detail);
  });
});
