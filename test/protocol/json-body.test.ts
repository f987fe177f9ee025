import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJsonBody } from "../../src/protocol/json-body.ts";

/** A name in JSON with some of its letters as escapes. */
const spelled = (name: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((escaped) =>
      [...name]
        .map((letter, i) => (escaped[i] ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter))
        .join(""),
    );

describe("a JSON body", () => {
  it("is read as what it says", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/"__proto__"|"prototype"/.test(text));
        expect(readJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
        expect(readJsonBody(Buffer.from(`\ufeff${text}`))).toEqual(JSON.parse(text));
      }),
      { seed: 31, numRuns: 500 },
    );
  });

  it("is refused, by the place, with a name that merging could do harm with, however it is spelled", () => {
    fc.assert(
      fc.property(spelled("__proto__"), spelled("constructor"), spelled("prototype"), (proto, maker, prototype) => {
        expect(() => readJsonBody(Buffer.from(`{"a":[{"${proto}":1}]}`))).toThrow("/a/0/__proto__");
        const text = `{"${maker}":{"${prototype}":1}}`;
        expect(() => readJsonBody(Buffer.from(text))).toThrow("/constructor/prototype");
      }),
      { seed: 32, numRuns: 200 },
    );
    expect(readJsonBody(Buffer.from('{"constructor":1,"prototype":"__proto__"}'))).toMatchObject({ constructor: 1 });
  });

  it("is none where it is empty", () => expect(readJsonBody(Buffer.of())).toBeUndefined());

  it("is refused where its bytes are no text, rather than read with signs that stand for them", () => {
    expect(() => readJsonBody(Buffer.from('{"query":"caf\xe9"}', "latin1"))).toThrow(
      "the body is not JSON: it is not UTF-8",
    );
    expect(readJsonBody(Buffer.from('{"query":"café \ufffd"}'))).toEqual({ query: "café \ufffd" });
  });

  it("is refused where it is not JSON, with the reason", () => {
    expect(() => readJsonBody(Buffer.from('{"a":}'))).toThrow(/not JSON: .*token/);
  });
});
