import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Hit } from "../../src/protocol/hit.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import { resumePlan, writeCursor } from "../../src/query/cursor.ts";

const plan: Plan = {
  index: "books",
  incarnation: 3,
  epoch: "e1",
  bm25: { k1: 1.2, b: 0.75 },
  fieldBoosts: [2, 1],
  averageLengths: [3.5, 10.25],
  clauses: [
    { occur: "optional", terms: [{ term: "wald", weight: 1 / 3 }] },
    {
      occur: "required",
      terms: [{ term: "東", weight: 0.1 }],
      fieldBoosts: [0, 1],
      phrase: [{ term: "東", offset: 0 }],
    },
  ],
  matchAtLeast: 1,
  top: 10,
  sort: [{ field: "year", descending: true }],
};
const body: SearchBody = { query: "walden +東", sort: ["-year"] };
const last: Hit = { id: "ü1", score: 0.1 + 0.2, sort: [1854] };
const cursor = writeCursor(body, { plan, documents: 42, documentsLeftOut: 0 }, last);

/** What the index has become by the time of the next page. */
const later: Plan = {
  ...plan,
  epoch: "e2",
  averageLengths: [4, 11],
  clauses: [{ occur: "optional", terms: [{ term: "other", weight: 9 }] }],
  matchAtLeast: 0,
  top: 3,
  facets: [{ field: "year", size: 2 }],
};

type Content = Pick<Plan, "clauses"> & { after: NonNullable<Plan["after"]> };

/** A cursor as anyone can write it. */
function forge(content: unknown): string {
  return forgeText(JSON.stringify(content));
}

function forgeText(text: string): string {
  return withChecksum(`~${deflateRawSync(text, { level: 9 }).toString("base64url")}`);
}

function plainCursor(text: string): string {
  return withChecksum(Buffer.from(text).toString("base64url"));
}

function withChecksum(payload: string): string {
  return `${payload}.${crc32(payload).toString(36)}-${payload.length.toString(36)}`;
}

function filled<Item>(count: number, item: Item): Item[] {
  return Array.from({ length: count }, () => item);
}

const refused = (path: string, detail = "") =>
  expect.objectContaining({
    code: "invalid_request",
    places: [{ path, detail: expect.stringContaining(detail) }],
  });

describe("a cursor", () => {
  test("goes on with the words, weights and averages that the walk began with", () => {
    const resumed = resumePlan({ ...body, cursor, size: 3 }, { plan: later, documents: 50, documentsLeftOut: 7 });
    const { epoch, averageLengths, clauses, matchAtLeast } = plan;
    expect(resumed).toEqual({
      plan: { ...later, epoch, averageLengths, clauses, matchAtLeast, after: last },
      documents: 42,
      documentsLeftOut: 0,
    });
  });

  test("is nothing where none was given", () => {
    expect(resumePlan(body, { plan, documents: 42, documentsLeftOut: 0 })).toEqual({
      plan,
      documents: 42,
      documentsLeftOut: 0,
    });
  });

  test("carries many words in little room, and how much was left out for want of it", () => {
    const terms = Array.from({ length: 1_024 }, (_, i) => ({ term: `word${i * 7919}`, weight: 5.75 }));
    const wide: Plan = { ...plan, clauses: [{ occur: "optional", terms }] };
    const written = writeCursor(body, { plan: wide, documents: 42, documentsLeftOut: 5 }, last);
    expect(written.length).toBeLessThan(10_000);
    const resumed = resumePlan({ ...body, cursor: written }, { plan: later, documents: 50, documentsLeftOut: 7 });
    expect(resumed).toMatchObject({ plan: { clauses: wide.clauses }, documents: 42, documentsLeftOut: 5 });
  });

  test("carries any id and any numbers exactly", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
        fc.constantFrom(null, "", "東", 0, -1.5, 5e-324),
        (id, score, value) => {
          const hit = { id, score: score + 0, sort: [value] };
          const written = writeCursor(body, { plan, documents: 1, documentsLeftOut: 0 }, hit);
          expect(
            resumePlan({ ...body, cursor: written }, { plan, documents: 1, documentsLeftOut: 0 }).plan.after,
          ).toEqual(hit);
        },
      ),
      { seed: 31, numRuns: 200 },
    );
  });

  test("is refused with any character changed, added or lost", () => {
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom("A", "z", "_", ".", "", "AA"), (at, put) => {
        const changed = cursor.slice(0, at) + put + cursor.slice(at + 1);
        fc.pre(changed !== cursor);
        expect(() => resumePlan({ ...body, cursor: changed }, { plan, documents: 42, documentsLeftOut: 0 })).toThrow(
          refused("/cursor"),
        );
      }),
      { seed: 32, numRuns: 500 },
    );
  });

  test.each<[string, (forged: Content) => void]>([
    [
      "a field that counts more than any may",
      ({ clauses }) => Object.assign(clauses[1] ?? {}, { fieldBoosts: [0, 1e308] }),
    ],
    ["more fields than the index has", ({ clauses }) => Object.assign(clauses[1] ?? {}, { fieldBoosts: [0, 1, 1] })],
    ["a clause of no kind", ({ clauses }) => Object.assign(clauses[0] ?? {}, { occur: "loved" })],
    ["a weight that no word has", ({ clauses }) => Object.assign(clauses[0]?.terms[0] ?? {}, { weight: 1e308 })],
    [
      "a term longer than any",
      ({ clauses }) => Object.assign(clauses[0]?.terms[0] ?? {}, { term: "x".repeat(20_001) }),
    ],
    ["a phrase of half steps", ({ clauses }) => Object.assign(clauses[1]?.phrase?.[0] ?? {}, { offset: 0.5 })],
    ["a phrase wider than any query", ({ clauses }) => Object.assign(clauses[1]?.phrase?.[0] ?? {}, { offset: 1e6 })],
    ["a phrase of other terms", ({ clauses }) => Object.assign(clauses[1]?.phrase?.[0] ?? {}, { term: "west" })],
    ["a phrase without words", ({ clauses }) => Object.assign(clauses[1] ?? {}, { phrase: [] })],
    ["more words than a query", (forged) => Object.assign(forged, { clauses: filled(1025, forged.clauses[0]) })],
    [
      "more terms than a query",
      ({ clauses }) => Object.assign(clauses[0] ?? {}, { terms: filled(10_001, clauses[0]?.terms[0]) }),
    ],
    ["half a word to match", (forged) => Object.assign(forged, { matchAtLeast: 0.5 })],
    ["more words to match than there are", (forged) => Object.assign(forged, { matchAtLeast: 3 })],
    ["fields that are hardly there", (forged) => Object.assign(forged, { averageLengths: [1e-320, 1] })],
    ["fields without end", (forged) => Object.assign(forged, { averageLengths: [1, 1e308] })],
    ["averages of other fields", (forged) => Object.assign(forged, { averageLengths: [1] })],
    ["an epoch of a megabyte", (forged) => Object.assign(forged, { epoch: "e".repeat(1 << 20) })],
    ["more documents than can be counted", (forged) => Object.assign(forged, { documents: 1e300 })],
    ["more left out than there are", (forged) => Object.assign(forged, { documentsLeftOut: 43 })],
    ["an index longer than any", (forged) => Object.assign(forged, { index: "x".repeat(65) })],
    ["half a life", (forged) => Object.assign(forged, { incarnation: 2.5 })],
    ["an id longer than any", ({ after }) => Object.assign(after, { id: "x".repeat(513) })],
    ["a hit of another order", ({ after }) => Object.assign(after, { sort: [1, 2] })],
    ["a hit of no order", ({ after }) => Object.assign(after, { sort: undefined })],
  ])("is refused with %s, though it comes with the checksum", (_what, change) => {
    const forged: Content = JSON.parse(Buffer.from(cursor.split(".")[0] ?? "", "base64url").toString());
    const resume = (): unknown =>
      resumePlan({ ...body, cursor: forge(forged) }, { plan, documents: 42, documentsLeftOut: 0 });
    expect(resume()).toMatchObject({ plan: { after: last } });
    change(forged);
    expect(resume).toThrow(refused("/cursor"));
  });

  test.each<[string, string]>([
    ["lists in lists", "[".repeat(1 << 20)],
    ["objects in objects", '{"a":'.repeat(1 << 18)],
    ["empty lists", `[${"[],".repeat(1 << 18)}0]`],
    ["empty objects", `{"clauses":[${"{},".repeat(1 << 18)}0]}`],
    ["letters", `{"epoch":"${"e".repeat(8 << 20)}"}`],
  ])("is refused before anything is made of a megabyte of %s", (_what, text) => {
    const parse = vi.spyOn(JSON, "parse");
    const small = forgeText(text);
    expect(small.length).toBeLessThan(12_000);
    for (const forged of [small, plainCursor(text)]) {
      expect(() => resumePlan({ ...body, cursor: forged }, { plan, documents: 42, documentsLeftOut: 0 })).toThrow(
        refused("/cursor"),
      );
    }
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });
});

describe("a cursor out of its place", () => {
  test.each<[string, SearchBody, Partial<Plan>, string]>([
    ["words", { query: "walden" }, {}, "another search"],
    ["share of words", { match: "all" }, {}, "another search"],
    ["prefix", { prefix: true }, {}, "another search"],
    ["typos", { typos: 0 }, {}, "another search"],
    ["fields", {}, { fieldBoosts: [1, 1] }, "another search"],
    ["filter", {}, { filter: { kind: "in", field: "year", values: [1] } }, "another search"],
    ["order", {}, { sort: [{ field: "year", descending: false }] }, "another search"],
    ["number of sort values", {}, { sort: [] }, "another search"],
    ["index", {}, { index: "others" }, 'the index "books", and this search asks "others"'],
    ["life of the index", {}, { incarnation: 4 }, '"books" that was made anew'],
    ["life of the index, with more fields", {}, { incarnation: 4, fieldBoosts: [2, 1, 1] }, "made anew"],
  ])("is refused with another %s", (_what, changedBody, changedPlan, detail) => {
    const asked = { ...body, ...changedBody, cursor };
    expect(() => resumePlan(asked, { plan: { ...plan, ...changedPlan }, documents: 42, documentsLeftOut: 0 })).toThrow(
      refused("/cursor", detail),
    );
  });

  test("is refused beside a place to start from", () => {
    expect(() => resumePlan({ ...body, cursor, from: 1 }, { plan, documents: 42, documentsLeftOut: 0 })).toThrow(
      refused("/from"),
    );
    expect(resumePlan({ ...body, cursor, from: 0 }, { plan, documents: 42, documentsLeftOut: 0 }).plan.after).toEqual(
      last,
    );
  });
});
