import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonElements, jsonMembers, onOneLine } from "../../src/protocol/json-text.ts";

const value = fc.jsonValue({ depthSize: "small" });
const indent = fc.constantFrom(undefined, " ", "\t", "\n  ");
const written = (json: unknown, space: string | undefined): Buffer =>
  Buffer.from(` \n${JSON.stringify(json, undefined, space)}\r\n`);
const textOf = (json: Uint8Array, { start, end }: { start: number; end: number }): string =>
  Buffer.from(json.subarray(start, end)).toString();

function elementsOf(json: Uint8Array): { texts: string[]; whole: boolean } {
  const elements = jsonElements(json);
  const texts: string[] = [];
  for (;;) {
    const element = elements.next();
    if (element.done === true) return { texts, whole: element.value };
    texts.push(textOf(json, element.value));
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("JSON text", () => {
  it("means the same on one line, and is shorter for nothing but white space", () => {
    fc.assert(
      fc.property(value, indent, (json, space) => {
        const line = Buffer.from(onOneLine(written(json, space))).toString();
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(json)));
        expect(line).not.toContain("\n");
        expect(line.trim()).toBe(line);
        if (space === "\n  ") expect(line).toBe(JSON.stringify(json));
      }),
      { seed: 21, numRuns: 500 },
    );
  });

  it("is taken apart into the elements of a list", () => {
    fc.assert(
      fc.property(fc.array(value), indent, (json, space) => {
        const { texts, whole } = elementsOf(written(json, space));
        expect(whole).toBe(true);
        expect(texts.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(json)));
      }),
      { seed: 22, numRuns: 500 },
    );
  });

  it("is a list exactly where it is one to its end and every element is JSON", () => {
    const scraps = fc.array(fc.constantFrom("[", "]", "{", "}", ",", ":", '"', "\\", "1", " ", "a", "null"));
    fc.assert(
      fc.property(scraps, (parts) => {
        const text = `[${parts.join("")}`;
        const { texts, whole } = elementsOf(Buffer.from(text));
        expect(whole && texts.every(isJson)).toBe(isJson(text));
      }),
      { seed: 23, numRuns: 20_000 },
    );
  });

  it("is taken apart into the members of an object, each as it stands", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), indent, (json, space) => {
        const text = written(json, space);
        const members = [...jsonMembers(text)].map(({ name, value }): [string, unknown] => [
          JSON.parse(textOf(text, name)),
          JSON.parse(textOf(text, value)),
        ]);
        expect(Object.fromEntries(members)).toEqual(JSON.parse(text.toString()));
      }),
      { seed: 24, numRuns: 500 },
    );
  });
});
