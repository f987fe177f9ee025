import { describe, expect, it } from "vitest";
import { nearestName } from "../src/nearest.ts";

const commands = ["up", "root", "leaf", "search", "import", "status", "demo", "backup", "restore", "key"];

describe("the nearest name", () => {
  it.each([
    ["serach", "search"],
    ["searhc", "search"],
    ["seach", "search"],
    ["imoprt", "import"],
    ["stats", "status"],
    ["pu", "up"],
    ["kye", "key"],
    ["restor", "restore"],
  ])("of %s is %s", (slip, meant) => expect(nearestName(slip, commands)).toBe(meant));

  it.each(["xx", "", "find", "documents", "is"])("of %s is none: too much of it would have to change", (name) => {
    expect(nearestName(name, commands)).toBeUndefined();
  });

  it("counts letters that changed places once, and takes the fewest edits", () => {
    expect(nearestName("ab", ["ax", "ba"])).toBe("ax");
    expect(nearestName("abcd", ["axyd", "bacd"])).toBe("bacd");
    expect(nearestName("--sizee", ["--sort", "--size"])).toBe("--size");
  });
});
