import type { ErrorCode } from "../../errors.ts";
import { backupMediaType } from "../backup.ts";
import { idempotencyKeyLengthMax } from "../change.ts";
import { searchBodySchema } from "../search-request.ts";
import { named, type Schema } from "./schemas.ts";

export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  required?: boolean;
  schema: Schema;
  example?: unknown;
};

/** A body that a request may have, as a document of its own or as text. */
export type Example = { summary: string; value: unknown };

/** What an operation may answer. `types`: the media types that it comes in, else JSON; `tagged`: with an ETag. */
export type Answer = { description: string; types?: readonly string[]; schema?: Schema; tagged?: boolean };

/** What one operation does, beside what its own schemas say. */
export type Operation = {
  id: string;
  tag: "search" | "documents" | "indexes" | "operating";
  summary: string;
  description?: string;
  parameters?: readonly Parameter[];
  /** By media type. The schema is left out where the route's own validates. `bodyOptional`: it does without one, too. */
  body?: Readonly<Record<string, { schema?: Schema; examples?: Readonly<Record<string, Example>> }>>;
  bodyOptional?: boolean;
  answers: Readonly<Record<number, Answer>>;
  errors: readonly ErrorCode[];
  /** It asks for no key, where keys are configured either. */
  isOpen?: boolean;
};

const json = "application/json";
const index: Parameter = {
  name: "index",
  in: "path",
  required: true,
  description: "an index or an alias",
  schema: { type: "string" },
  example: "demo",
};
const id: Parameter = {
  name: "id",
  in: "path",
  required: true,
  description: "a document's id",
  schema: { type: "string" },
  example: "n02713288",
};
const ifMatch: Parameter = {
  name: "If-Match",
  in: "header",
  description: "the ETag that the document must still have, several of which it may have one, or `*`: that it stands",
  schema: { type: "string" },
};
const ifNoneMatch: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "`*`: only where there is no such document yet",
  schema: { type: "string" },
};
/** What cannot be true of a document that a delete finds. */
const onlyWhereNone: Parameter = {
  ...ifNoneMatch,
  description: "`*`: only where there is no such document, so that nothing is ever deleted",
};
const traceparent: Parameter = {
  name: "traceparent",
  in: "header",
  description: "W3C trace context, which is continued",
  schema: { type: "string" },
};

const priority: Parameter = {
  name: "X-Priority",
  in: "header",
  description: "`batch`: nobody waits for it, so that it is the first to be refused when the service is at its limit",
  schema: { enum: ["interactive", "batch"] },
};

/** Search's fields as query parameters: `q` for `query`, lists with commas, a filter as JSON. */
const searchParameters = Object.entries(searchBodySchema.properties).map(([name, schema]): Parameter => {
  const isList = ["fields", "facets", "sort", "returned", "highlight"].includes(name);
  const description = "description" in schema ? schema.description : "as in the body of POST";
  return {
    name: name === "query" ? "q" : name,
    in: "query",
    description: isList
      ? `${description}; comma-separated`
      : name === "filter"
        ? `${description}; as JSON`
        : description,
    schema: isList || name === "filter" ? { type: "string" } : schema,
  };
});

const searchErrors: readonly ErrorCode[] = [
  "invalid_request",
  "invalid_query",
  "index_not_found",
  "overloaded",
  "insufficient_coverage",
  "not_ready",
  "deadline_exceeded",
];

/** Whatever asks the change log may find it busy or broken, */
const logErrors: readonly ErrorCode[] = ["overloaded", "storage_unavailable"];
/** and what changes it may not hear what became of that. */
const changeErrors: readonly ErrorCode[] = [...logErrors, "write_uncertain"];

const found = { 200: { description: "what was found, and what the answer rests on", schema: named("SearchAnswer") } };

const searchExamples: Readonly<Record<string, Example>> = {
  words: { summary: "Describe a thing, find its word", value: { query: "fear of heights", size: 3 } },
  signs: {
    summary: "Required and excluded words, in weighted fields, inside 100 ms",
    value: {
      query: "+instrument measuring wind -music",
      fields: ["title^3", "body"],
      returned: ["title", "body"],
      budgetMs: 100,
      minCoverage: 0.9,
    },
  },
  facets: {
    summary: "Filtered, counted and sorted",
    value: {
      query: "composer",
      filter: { year_from: { gte: 1800, lt: 1900 }, not: { pos: "verb" } },
      facets: ["category", { field: "broader", size: 3 }],
      sort: ["-year_from", "_score"],
      size: 5,
    },
  },
  details: {
    summary: "Highlights, the score's arithmetic and every attempt's timeline",
    value: { query: '"fear of heights" flying', highlight: ["body"], explain: true, profile: true, size: 2 },
  },
};

const settingsExample = {
  fields: { title: { type: "text", boost: 2 }, summary: { type: "text" }, year: { type: "number" } },
};
const bookExample = { title: "Walden", summary: "life in the woods", year: 1854 };

/** Every operation, by its method and path. */
export const operations: Readonly<Record<string, Operation>> = {
  "POST /v1/indexes/{index}/search": {
    id: "search",
    tag: "search",
    summary: "Search, with the question as a body",
    description:
      "The answer leaves inside `budgetMs`, with whatever is known by then, and says what it rests on: `coverage`, `shards`, and `settled` on each hit.",
    parameters: [index, traceparent, priority],
    body: { [json]: { examples: searchExamples } },
    bodyOptional: true,
    answers: found,
    errors: searchErrors,
  },
  "GET /v1/indexes/{index}/search": {
    id: "searchByAddress",
    tag: "search",
    summary: "Search, with the question in the address",
    parameters: [index, traceparent, priority, ...searchParameters],
    answers: found,
    errors: searchErrors,
  },
  "POST /v1/indexes/{index}/documents": {
    id: "writeDocuments",
    tag: "documents",
    summary: "Write many documents",
    description: "Acknowledged when durable. A bad document rejects itself and no other.",
    parameters: [
      { ...index, example: "books" },
      {
        name: "Idempotency-Key",
        in: "header",
        description: "makes the request safe to repeat",
        schema: { type: "string", minLength: 1, maxLength: idempotencyKeyLengthMax },
      },
    ],
    body: {
      [json]: {
        schema: { type: "array", items: { type: "object", required: ["id"] } },
        examples: { array: { summary: "An array", value: [{ id: "1", ...bookExample }] } },
      },
      "application/x-ndjson": {
        schema: { type: "string", description: "one document a line" },
        examples: { lines: { summary: "Lines", value: `${JSON.stringify({ id: "2", title: "Middlemarch" })}\n` } },
      },
    },
    answers: { 200: { description: "what was taken", schema: named("BulkReceipt") } },
    errors: ["index_not_found", ...changeErrors],
  },
  "PUT /v1/indexes/{index}/documents/{id}": {
    id: "writeDocument",
    tag: "documents",
    summary: "Write one document",
    parameters: [{ ...index, example: "books" }, { ...id, example: "3" }, ifMatch, ifNoneMatch],
    body: {
      [json]: {
        schema: { type: "object" },
        examples: { book: { summary: "A book", value: { title: "Emma", summary: "a matchmaker errs", year: 1815 } } },
      },
    },
    answers: {
      200: { description: "replaced", schema: named("Receipt"), tagged: true },
      201: { description: "created", schema: named("Receipt"), tagged: true },
    },
    errors: ["invalid_document", "index_not_found", "version_conflict", ...changeErrors],
  },
  "GET /v1/indexes/{index}/documents/{id}": {
    id: "readDocument",
    tag: "documents",
    summary: "Read one document",
    parameters: [index, id],
    answers: {
      200: { description: "the document as it stands in the log", schema: named("StoredDocument"), tagged: true },
    },
    errors: ["index_not_found", "document_not_found", ...logErrors],
  },
  "DELETE /v1/indexes/{index}/documents/{id}": {
    id: "deleteDocument",
    tag: "documents",
    summary: "Delete one document",
    parameters: [{ ...index, example: "books" }, { ...id, example: "3" }, ifMatch, onlyWhereNone],
    answers: { 200: { description: "deleted", schema: named("Receipt"), tagged: true } },
    errors: ["index_not_found", "document_not_found", "version_conflict", ...changeErrors],
  },
  "GET /v1/indexes": {
    id: "listIndexes",
    tag: "indexes",
    summary: "List indexes and aliases",
    answers: {
      200: {
        description: "all of them",
        schema: {
          type: "object",
          required: ["indexes", "aliases"],
          properties: {
            indexes: { type: "array", items: named("Index") },
            aliases: { type: "object", additionalProperties: { type: "string" } },
          },
        },
      },
    },
    errors: [],
  },
  "GET /v1/indexes/{index}": {
    id: "readIndex",
    tag: "indexes",
    summary: "Read an index's settings",
    parameters: [index],
    answers: { 200: { description: "its settings and statistics", schema: named("Index") } },
    errors: ["index_not_found"],
  },
  "PUT /v1/indexes/{index}": {
    id: "createIndex",
    tag: "indexes",
    summary: "Create an index",
    parameters: [{ ...index, example: "books" }],
    body: { [json]: { examples: { books: { summary: "Books", value: settingsExample } } } },
    answers: {
      200: { description: "it stands with these settings", schema: named("Index") },
      201: { description: "created", schema: named("Index") },
    },
    errors: ["invalid_request", "index_exists", ...changeErrors],
  },
  "DELETE /v1/indexes/{index}": {
    id: "dropIndex",
    tag: "indexes",
    summary: "Drop an index with all its documents, and the aliases that point at it",
    parameters: [{ ...index, example: "books" }],
    answers: {
      200: {
        description: "dropped",
        schema: {
          type: "object",
          required: ["index", "dropped", "aliases"],
          properties: {
            index: { type: "string" },
            dropped: { const: true },
            aliases: { type: "array", items: { type: "string" }, description: "those that have gone with it" },
          },
        },
      },
    },
    errors: ["index_not_found", ...changeErrors],
  },
  "POST /v1/aliases": {
    id: "setAliases",
    tag: "indexes",
    summary: "Switch aliases, all at once",
    body: {
      [json]: { examples: { library: { summary: "An alias for books", value: { set: { library: "books" } } } } },
    },
    answers: {
      200: {
        description: "every alias as it stands now",
        schema: {
          type: "object",
          required: ["aliases"],
          properties: { aliases: { type: "object", additionalProperties: { type: "string" } } },
        },
      },
    },
    errors: ["invalid_request", "index_not_found", "index_exists", "not_ready", ...changeErrors],
  },
  "GET /v1/cluster": {
    id: "readCluster",
    tag: "operating",
    summary: "The cluster as this root sees it",
    answers: {
      200: { description: "members, who holds what, how fast, hedging and admission", schema: named("Cluster") },
    },
    errors: [],
  },
  "POST /v1/members": {
    id: "announceLeaf",
    tag: "operating",
    summary: "Announce a leaf, which leaves do by themselves",
    answers: { 200: { description: "known", schema: { type: "object" } } },
    errors: ["invalid_request", "name_taken"],
  },
  "DELETE /v1/members/{name}": {
    id: "dismissLeaf",
    tag: "operating",
    summary: "Take a leaf off that will not come back",
    parameters: [
      { name: "name", in: "path", required: true, description: "the leaf's name", schema: { type: "string" } },
    ],
    answers: { 204: { description: "taken off" } },
    errors: ["not_found"],
  },
  "GET /v1/backup": {
    id: "backup",
    tag: "operating",
    summary: "Everything as one stream",
    answers: {
      200: { description: "a backup", types: [backupMediaType], schema: { type: "string", format: "binary" } },
    },
    errors: ["not_ready"],
  },
  "POST /v1/restore": {
    id: "restore",
    tag: "operating",
    summary: "Take a backup into an empty cluster",
    body: { [backupMediaType]: { schema: { type: "string", format: "binary" } } },
    answers: { 200: { description: "restored", schema: { type: "object" } } },
    errors: ["invalid_request", "index_exists", "unsupported_media_type", "not_ready"],
  },
  "GET /livez": {
    id: "live",
    tag: "operating",
    summary: "Whether the process runs",
    answers: { 200: { description: "it does", schema: named("Readiness") } },
    errors: [],
    isOpen: true,
  },
  "GET /readyz": {
    id: "ready",
    tag: "operating",
    summary: "Whether every shard can be served",
    answers: {
      200: { description: "it can", schema: named("Readiness") },
      503: { description: "which shards cannot", schema: named("Readiness") },
    },
    errors: ["forbidden"],
    isOpen: true,
  },
  "GET /metrics": {
    id: "metrics",
    tag: "operating",
    summary: "Metrics for Prometheus",
    answers: {
      200: {
        description: "Prometheus text, or OpenMetrics with exemplars where that is accepted",
        types: ["text/plain", "application/openmetrics-text"],
        schema: { type: "string" },
      },
    },
    errors: [],
  },
};
