import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLifeYears } from "../../data/life-years.ts";

const lifespan = fc.tuple(fc.integer({ min: 1, max: 1900 }), fc.integer({ min: 0, max: 120 }));

describe("life years", () => {
  it.each([
    ["physicist (1879-1955)", { year_from: 1879, year_to: 1955 }],
    ["king of England from 1042 to 1066 (1003?-1066)", { year_from: 1003, year_to: 1066 }],
    ["novelist (1915-2005)", { year_from: 1915, year_to: 2005 }],
    ["novelist (born in 1933)", { year_from: 1933 }],
    ["novelist (born 1933)", { year_from: 1933 }],
    ["novelist (born in Sri Lanka in 1943)", { year_from: 1943 }],
    ["novelist (1933-)", { year_from: 1933 }],
    ["a saint (died in 871)", { year_to: 871 }],
    ["a saint (died around 300)", { year_to: 300 }],
    ["a saint (died in AD 36)", { year_to: 36 }],
    ["a pharaoh (died in 1358 BC)", { year_to: -1358 }],
    ["a philosopher (384-322 BC)", { year_from: -384, year_to: -322 }],
    ["a philosopher (circa 460-377 BC)", { year_from: -460, year_to: -377 }],
    ["a prince (c 563-483 BC)", { year_from: -563, year_to: -483 }],
    ["a poet (518?-438? BC)", { year_from: -518, year_to: -438 }],
    ["a general (?-424 BC)", { year_to: -424 }],
    ["a historian (59 BC to AD 17)", { year_from: -59, year_to: 17 }],
    ["an emperor (63 BC - AD 14)", { year_from: -63, year_to: 14 }],
    ["a rhetor (circa 4 BC - 65 AD)", { year_from: -4, year_to: 65 }],
    ["a biographer (46?-120 AD)", { year_from: 46, year_to: 120 }],
    ["an emperor (12-41)", { year_from: 12, year_to: 41 }],
    ["an emperor (who saw a fire in 64) and died (37-68)", { year_from: 37, year_to: 68 }],
  ])("%s", (gloss, expected) => {
    expect(readLifeYears(gloss)).toEqual(expected);
  });

  it.each([
    "a poet (flourished around 1460)",
    "a king (reigned from 534 to 510 BC)",
    "a rabbi (active AD 250-500)",
    "a prophet (6th century BC)",
    "a poet (circa 850 BC)",
    "a war (1898)",
    "a child (usually between 9 and 12 years of age)",
    "an infant (2500 grams)",
    "a poet (1887-1872)",
    "a poet (1618-1857)",
    "a general (540-489)",
    "a child (9-)",
    "a boxer of 126-139 pounds",
    "a range (100 to 120)",
    "a person",
  ])("nothing in: %s", (gloss) => {
    expect(readLifeYears(gloss)).toEqual({});
  });

  it("reads every span of a life, in either era", () => {
    fc.assert(
      fc.property(lifespan, fc.constantFrom("", "circa ", "c. "), ([birth, age], about) => {
        const death = birth + age;
        expect(readLifeYears(`x (${about}${birth}-${death})`)).toEqual({ year_from: birth, year_to: death });
        expect(readLifeYears(`x (${about}${death}-${birth} BC)`)).toEqual({ year_from: -death, year_to: -birth });
      }),
      { seed: 12 },
    );
  });

  it("never reads a death before a birth, whatever the parentheses hold", () => {
    const part = fc.constantFrom(
      "circa ",
      "AD ",
      " BC",
      " AD",
      "-",
      " - ",
      " to ",
      "?",
      "12",
      "384",
      "1933",
      "born in ",
      "died ",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const { year_from: from, year_to: to } = readLifeYears(`x (${parts.join("")})`);
        if (from !== undefined && to !== undefined) {
          expect(to).toBeGreaterThanOrEqual(from);
          expect(to - from).toBeLessThanOrEqual(120);
        }
      }),
      { seed: 13, numRuns: 2000 },
    );
  });
});
