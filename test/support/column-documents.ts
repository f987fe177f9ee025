import fc from "fast-check";

/** The columns of the tests' indexes, one of each type. */
export const columnTypes = {
  category: { type: "keyword" },
  year: { type: "number" },
  born: { type: "date" },
  alive: { type: "boolean" },
} as const;

export type ColumnName = keyof typeof columnTypes;
export type ColumnDocument = {
  category?: string | readonly string[] | null;
  year?: number;
  born?: string;
  alive?: boolean;
};

const categories = ["ash", "Bee", "été", "東", "", "a b", "zz"];
const years = [-1, 0, -0, 0.5, 7, 1e9, 1.7e308];

/** The tests' dates: in milliseconds since 1970, and as answers show them. */
export const instants: Readonly<Record<string, { instantMs: number; shown: string }>> = {
  "1970-01-01": { instantMs: 0, shown: "1970-01-01T00:00:00.000Z" },
  "1969-12-31T23:59:59.999Z": { instantMs: -1, shown: "1969-12-31T23:59:59.999Z" },
  "2024-05-01T12:00:00+02:00": { instantMs: 1_714_557_600_000, shown: "2024-05-01T10:00:00.000Z" },
  "2024-05-01T10:00:00Z": { instantMs: 1_714_557_600_000, shown: "2024-05-01T10:00:00.000Z" },
  "1980-02-03": { instantMs: 318_384_000_000, shown: "1980-02-03T00:00:00.000Z" },
};
const births = Object.keys(instants).slice(0, -1);

const category = fc.constantFrom(...categories);
const categoryValue = fc.oneof(
  category,
  fc.constant(null),
  fc.array(category, { maxLength: 4 }).filter((list) => list.length !== 1),
);

/** Column values by chance, each there or not. */
export const columnValues: fc.Arbitrary<ColumnDocument> = fc.record(
  {
    category: categoryValue,
    year: fc.constantFrom(...years),
    born: fc.constantFrom(...births),
    alive: fc.boolean(),
  },
  { requiredKeys: [] },
);

const strings = fc.constantFrom(...categories, "nowhere");
const numbers = fc.constantFrom(...years, 3);
const dates = fc.constantFrom(...Object.keys(instants));

function conditionOn(name: ColumnName, value: fc.Arbitrary<string | number | boolean>): fc.Arbitrary<object> {
  const range = fc
    .record({ gte: value, gt: value, lte: value, lt: value }, { requiredKeys: [] })
    .filter((ends) => Object.keys(ends).length > 0);
  const any = fc.array(value, { minLength: 1, maxLength: 3 });
  return fc.oneof(value, any, ...(name === "alive" ? [] : [range])).map((condition) => ({ [name]: condition }));
}

const leafFilter = fc.oneof(
  conditionOn("category", strings),
  conditionOn("year", numbers),
  conditionOn("born", dates),
  conditionOn("alive", fc.boolean()),
);

/** Filters as callers write them, some deep. */
export const filters: fc.Arbitrary<object> = fc.letrec<{ filter: object }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leafFilter,
    fc.tuple(leafFilter, leafFilter).map(([a, b]) => ({ ...a, ...b })),
    tie("filter").map((not) => ({ not })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
  ),
})).filter;

/** Orders as callers write them. */
export const sorts: fc.Arbitrary<string[]> = fc.uniqueArray(
  fc.constantFrom("category", "-category", "year", "-year", "born", "-born", "alive", "-alive", "_score"),
  { minLength: 1, maxLength: 3, selector: (key) => key.replace("-", "") },
);
