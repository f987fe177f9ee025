import { describe, expect, it } from "vitest";
import { keptText } from "../../src/console/page/kept-text.ts";

function storageOf(kept: Map<string, string>): Pick<Storage, "getItem" | "setItem"> {
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, text) => void kept.set(name, text),
  };
}

const forbidden = (): never => {
  throw new DOMException("Access is denied for this document.", "SecurityError");
};

describe("a text that a page keeps", () => {
  it("outlasts the page in the browser's storage", () => {
    const kept = new Map<string, string>();
    keptText(() => storageOf(kept), "colour").write("red");
    expect(keptText(() => storageOf(kept), "colour").read()).toBe("red");
    expect(keptText(() => storageOf(kept), "size").read()).toBeNull();
  });

  it("lasts as long as the page where there is no storage", () => {
    const text = keptText(forbidden, "colour");
    expect(text.read()).toBeNull();
    text.write("red");
    expect(text.read()).toBe("red");
  });

  it("does so where the storage takes nothing", () => {
    const text = keptText(() => ({ getItem: () => "blue", setItem: forbidden }), "colour");
    expect(text.read()).toBe("blue");
    text.write("red");
    expect(text.read()).toBe("red");
  });
});
