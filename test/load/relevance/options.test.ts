import { expect, it } from "vitest";
import { readOptions } from "../../../load/relevance/options.ts";

it("defaults to four shards and the parameters that the reference figures use", () => {
  expect(readOptions(["--collection", "somewhere"])).toEqual({
    kind: "options",
    options: {
      ...{ collection: "somewhere", json: false, compare: false, shards: 4, replicas: 1, leaves: 2 },
      ...{ k1: 0.9, b: 0.4, language: "en" },
    },
  });
});

it("takes every flag", () => {
  const flags = "--collection c --json --compare --shards 8 --replicas 2 --leaves 3 --k1 1.2 --b 0 --language de";
  expect(readOptions(flags.split(" "))).toEqual({
    kind: "options",
    options: {
      ...{ collection: "c", json: true, compare: true, shards: 8, replicas: 2, leaves: 3 },
      ...{ k1: 1.2, b: 0, language: "de" },
    },
  });
});

it.each([
  [[], "--collection"],
  [["--collection", "c", "--shard", "4"], "--shard"],
  [["--collection", "c", "--shards", "0"], "--shards"],
  [["--collection", "c", "--shards", "1.5"], "--shards"],
  [["--collection", "c", "--shards", ""], "--shards"],
  [["--collection", "c", "--k1", "many"], "--k1"],
  [["--collection", "c", "--b", "1.1"], "--b"],
  [["--collection", "c", "--replicas", "3", "--leaves", "2"], "--leaves"],
  [["--collection", "c", "--collection", "d"], "--collection is given twice"],
  [["--collection", "c", "--language", "--json"], "--language wants a value"],
  [["--collection", "c", "--shrads", "4"], "did you mean --shards?"],
  [["--collection", "c", "more"], "more"],
])("refuses %j and names %s", (args, name) => {
  const read = readOptions(args);
  expect(read.kind).toBe("invalid");
  expect(read.kind === "invalid" ? read.detail : "").toContain(name);
});

it("answers a question for help before it misses a collection", () => {
  expect(readOptions(["--help"])).toEqual({ kind: "help" });
  expect(readOptions(["-h"])).toEqual({ kind: "help" });
});
