import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHighlight, plain } from "../../src/command/plain-text.ts";

describe("plain text", () => {
  it("is one line without anything that a terminal would obey, and no longer than asked for", () => {
    const nasty = fc.constantFrom("\u001b[2J", "\u009b", "\r", "\n", "\t", "\u202e", "\u2028", "a", "漢", "👍", " ");
    fc.assert(
      fc.property(fc.array(fc.oneof(nasty, fc.string())), fc.integer({ min: 1, max: 30 }), (parts, lengthMax) => {
        const text = plain(parts.join(""), lengthMax);
        expect([...text].length).toBeLessThanOrEqual(lengthMax);
        for (const character of text) {
          const code = character.codePointAt(0) ?? 0;
          if (code < 32 || (code >= 127 && code < 160) || (code >= 0x2028 && code <= 0x202e)) {
            expect.fail(`U+${code.toString(16)} came through`);
          }
        }
      }),
      { seed: 26, numRuns: 500 },
    );
  });

  it("keeps joined emoji and other scripts as they are", () => {
    expect(plain(" 漢字  👩‍👧 ñ\n", 20)).toBe("漢字 👩‍👧 ñ");
    expect(plain("abcdef", 4)).toBe("abc…");
    expect(plain("abcd", 4)).toBe("abcd");
  });
});

it("shows highlights between asterisks and escaped characters as themselves", () => {
  expect(fromHighlight("<mark>a</mark> &lt;b&gt; &amp;lt; &quot;c&#39;&quot;")).toBe('*a* <b> &lt; "c\'"');
});
