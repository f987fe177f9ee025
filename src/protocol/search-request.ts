import { parseJson } from "./json-text.ts";
import { explainedWordsMax, lookupsMax, type RangeEnds, typingTermsMax } from "./plan.ts";

/** The most letters that a query may have. */
export const queryLengthMax = 10_000;

/** The largest budget that a search may name. */
export const budgetMsLimit = 60_000;

/** The most letters that a cursor has: of one that goes on with as many terms as leaves take, deflated to no use. */
export const cursorLengthMax = 2_100_000;

/** One condition of a filter on one column: a value, any of several values, or a range. */
export type FilterValue = string | number | boolean;
export type FilterNode = { [field: string]: FilterValue | FilterValue[] | RangeEnds | FilterNode | FilterNode[] };

/** A search as the public contract takes it, before defaults. */
export type SearchBody = {
  query?: string;
  match?: "any" | "all" | number;
  fields?: string[];
  prefix?: boolean;
  typos?: "auto" | 0 | 1 | 2;
  filter?: FilterNode;
  facets?: (string | { field: string; size?: number })[];
  sort?: string[];
  size?: number;
  from?: number;
  cursor?: string;
  highlight?: boolean | string[];
  returned?: string[];
  budgetMs?: number;
  minCoverage?: number;
  hedge?: boolean;
  /** The token of a write; undefined where there is none yet. */
  after?: string | undefined;
  cache?: boolean;
  explain?: boolean;
  profile?: boolean;
};

/** What a search asks for where it does not say; how long it may take then is a root's setting. */
export const searchDefaults = {
  match: "any",
  typos: "auto",
  from: 0,
  size: 10,
  facetSize: 10,
  minCoverage: 0,
  hedge: true,
} as const satisfies Pick<SearchBody, "match" | "typos" | "from" | "size" | "minCoverage" | "hedge"> & {
  facetSize: number;
};

const names = { type: "array", items: { type: "string", minLength: 1, maxLength: 200 }, maxItems: 100 } as const;

/** The JSON Schema of `SearchBody`: what validates requests and what the API's description shows. */
export const searchBodySchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    query: {
      type: "string",
      maxLength: queryLengthMax,
      description:
        "what the user typed; nothing or only white space: all documents, or only exclusions (-word): all others. Anything else without a word that could be found, such as !!, matches none. A last word with a trailing * is a prefix of all terms that it begins; where a query may not have as many, the most frequent count and no count is called exact, and to exclude it is an invalid_query",
    },
    match: {
      description: "how many of the optional words must match; a number is a percentage",
      anyOf: [
        { type: "string", enum: ["any", "all"] },
        { type: "number", minimum: 1, maximum: 100 },
      ],
    },
    fields: { ...names, minItems: 1, description: "where to search: text fields, each with an optional ^boost" },
    prefix: {
      type: "boolean",
      description: `search as you type: treat the last word as a prefix, of at most the ${typingTermsMax} most frequent terms that it begins; where that leaves some out, no count is called exact. The last word of a quotation that is not closed yet stands beside the words before it, which are the phrase`,
    },
    typos: {
      enum: ["auto", 0, 1, 2],
      description: `most edits for a word that the index does not hold; only the first ${lookupsMax} such words of a query are looked up, the others stand as they are`,
    },
    filter: {
      type: "object",
      description:
        "conditions on keyword, number, date and boolean fields, which hold together: for each a value, a list of values of which one is enough, or a range by `gte`, `gt`, `lte` and `lt`, which one value of the document has to be in; `not` takes conditions, `or` and `and` a list of such",
    },
    facets: {
      description: `fields to count the values of, ${searchDefaults.facetSize} of each unless it says how many`,
      type: "array",
      maxItems: 20,
      items: {
        anyOf: [
          { type: "string", minLength: 1 },
          {
            type: "object",
            additionalProperties: false,
            required: ["field"],
            properties: {
              field: { type: "string", minLength: 1 },
              size: { type: "integer", minimum: 1, maximum: 1000 },
            },
          },
        ],
      },
    },
    sort: {
      ...names,
      minItems: 1,
      maxItems: 10,
      description:
        "field, -field or _score, most significant first; of several values of a field the least counts, either way, and documents without one come last",
    },
    size: { type: "integer", minimum: 0, maximum: 1000, description: `how many hits; ${searchDefaults.size}` },
    from: { type: "integer", minimum: 0, description: "how many hits to pass over; further down take a cursor" },
    cursor: {
      type: "string",
      minLength: 1,
      maxLength: cursorLengthMax,
      description: "from the last answer: the next page",
    },
    highlight: {
      anyOf: [{ type: "boolean" }, names],
      description: "where it matched, in all text fields or in these",
    },
    returned: {
      ...names,
      description: "which fields of documents come back; all. An empty list: none of them, and `document` is {}",
    },
    budgetMs: { type: "number", minimum: 1, maximum: budgetMsLimit, description: "the answer leaves by then" },
    minCoverage: { type: "number", minimum: 0, maximum: 1, description: "the least share of documents to answer with" },
    hedge: { type: "boolean", description: "false: never send a second attempt" },
    after: {
      type: "string",
      minLength: 1,
      description:
        "a write's `token`: wait until that write is found, for as long as the budget leaves time to search; whether it is in the answer, `sequence` of the shards tells",
    },
    cache: { type: "boolean", description: "false: never answer from the cache" },
    explain: {
      type: "boolean",
      description: `how each score came about, for at most ${explainedWordsMax} words times hits, from + size; those that the budget has no time for come without`,
    },
    profile: { type: "boolean", description: "every attempt's timeline" },
  },
} as const;

const whole = /^-?\d+$/;
const decimal = /^-?(?:\d+\.?\d*|\.\d+)$/;

type Parsed = { kind: "body"; body: Record<string, unknown> } | { kind: "invalid"; path: string; detail: string };

/**
 * The name of the first query parameter of an address whose text cannot be told: it holds bytes that are no UTF-8, or a
 * `%` that escapes nothing. Whoever searched for what such a text is taken for would not know why nothing is found.
 */
export function undecodableParameter(address: string): string | undefined {
  const start = address.indexOf("?");
  if (start === -1) return undefined;
  const pair = address
    .slice(start + 1)
    .split("&")
    .find((text) => !isDecodable(text));
  return pair?.split("=")[0];
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Turns query parameters into a search body with the same names (`q` for `query`, lists comma-separated, `filter` as
 * JSON). Only converts: the result is validated as any other body, so that both ways in refuse the same things.
 */
export function bodyFromParameters(parameters: Readonly<Record<string, unknown>>): Parsed {
  // An object would take a parameter named __proto__ without a word.
  const body = new Map<string, unknown>();
  for (const [key, value] of Object.entries(parameters)) {
    const name = key === "q" ? "query" : key;
    if (typeof value !== "string") return { kind: "invalid", path: `/${key}`, detail: "is given more than once" };
    if (body.has(name)) return { kind: "invalid", path: `/${key}`, detail: "is given both as q and as query" };
    const converted = convert(name, value);
    if (converted === undefined) return { kind: "invalid", path: `/${key}`, detail: "must be JSON" };
    body.set(name, converted);
  }
  return { kind: "body", body: Object.fromEntries(body) };
}

function convert(name: string, text: string): unknown {
  switch (name) {
    case "fields":
    case "sort":
    case "returned":
      return splitList(text);
    case "facets":
      return text.trimStart().startsWith("[") ? parseJson(text) : splitList(text);
    case "highlight":
      return booleanIn(text) ?? splitList(text);
    case "filter":
      return parseJson(text);
    case "size":
    case "from":
      return whole.test(text) ? numberIn(text) : text;
    case "match":
    case "typos":
    case "budgetMs":
    case "minCoverage":
      return numberIn(text);
    case "prefix":
    case "hedge":
    case "cache":
    case "explain":
    case "profile":
      return booleanIn(text) ?? text;
    default:
      return text;
  }
}

/** A number as people write it; any other text that the language takes for one, such as `0x10`, stays the text it is. */
export function numberIn(text: string): string | number {
  return decimal.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

function booleanIn(text: string): boolean | undefined {
  return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : undefined;
}

function splitList(text: string): string[] {
  return text === "" ? [] : text.split(",");
}
