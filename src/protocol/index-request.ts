import { boostMax, boostMin } from "./plan.ts";
import { type Bm25Settings, type FieldSettings, type IndexSettings, type Language, languages } from "./settings.ts";

/** An index as its creator may describe it; what is left out gets its default. */
export type IndexBody = {
  fields: Record<string, FieldSettings>;
  shards?: number;
  replicas?: number;
  language?: Language;
  bm25?: Partial<Bm25Settings>;
  stopWords?: string[];
  synonyms?: string[][];
  notice?: string;
};

const words = { type: "array", maxItems: 10_000, items: { type: "string", minLength: 1, maxLength: 100 } } as const;

/**
 * The JSON Schema of `IndexBody`, as a backup may hold it. New indexes are held to `newIndexBodySchema`: older ones may
 * have fields that nobody would be allowed today.
 */
export const indexBodySchema = {
  type: "object",
  additionalProperties: false,
  required: ["fields"],
  properties: {
    fields: {
      type: "object",
      maxProperties: 200,
      propertyNames: {
        pattern: "^[A-Za-z][A-Za-z0-9_]{0,63}$",
        not: { const: "id" },
      },
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["type"],
        properties: {
          type: { enum: ["text", "keyword", "number", "date", "boolean", "stored"] },
          boost: {
            type: "number",
            exclusiveMinimum: 0,
            maximum: boostMax,
            description: `of a text field alone: how much its words count, in a new index ${boostMin} at least`,
          },
        },
      },
    },
    shards: { type: "integer", minimum: 1, maximum: 256 },
    replicas: { type: "integer", minimum: 1, maximum: 16 },
    language: { enum: languages },
    bm25: {
      type: "object",
      additionalProperties: false,
      properties: { k1: { type: "number", minimum: 0, maximum: 10 }, b: { type: "number", minimum: 0, maximum: 1 } },
    },
    notice: { type: "string", maxLength: 10_000, description: "licence or attribution of the documents" },
    stopWords: {
      ...words,
      description: "words that documents and queries are read without, instead of the language's own",
    },
    synonyms: { type: "array", maxItems: 10_000, items: { ...words, minItems: 2 } },
  },
} as const;

const { fields, ...otherSettings } = indexBodySchema.properties;

/** The JSON Schema of an `IndexBody` that is to be created. */
export const newIndexBodySchema = {
  ...indexBodySchema,
  properties: {
    fields: {
      ...fields,
      propertyNames: {
        ...fields.propertyNames,
        not: { enum: ["id", "not", "and", "or"] },
        description:
          'a field has a letter, then up to 63 letters, digits and _; "id" is in every document anyway, and "not", "and" and "or" mean something in filters, which could never reach such a field',
      },
    },
    ...otherSettings,
  },
} as const;

/** The name of an index or an alias: what stands in URLs, file names and metrics. */
export const indexNamePattern = "^[a-z0-9][a-z0-9_-]{0,63}$";

export type IndexDefaults = { shards: number; replicas: number; placementSalt: number };

/**
 * A weight that would never count: of what no query is searched for in, or so small that a word would be worth nothing.
 * Undefined where all can.
 */
export function boostMisfit({ fields }: Pick<IndexSettings, "fields">): { path: string; detail: string } | undefined {
  for (const [name, { type, boost }] of Object.entries(fields)) {
    if (boost === undefined || (type === "text" && boost >= boostMin)) continue;
    const detail =
      type === "text"
        ? `"${name}" must have a boost of at least ${boostMin}`
        : `"${name}" is a ${type} field, and a boost weighs text fields alone: leave it out`;
    return { path: `/fields/${name}/boost`, detail };
  }
  return undefined;
}

/** Fills in what the creator left out. */
export function settingsFrom(body: IndexBody, defaults: IndexDefaults): IndexSettings {
  return {
    fields: body.fields,
    shards: body.shards ?? defaults.shards,
    replicas: body.replicas ?? defaults.replicas,
    language: body.language ?? "en",
    placementSalt: defaults.placementSalt,
    bm25: { k1: body.bm25?.k1 ?? 1.2, b: body.bm25?.b ?? 0.75 },
    ...(body.notice === undefined ? {} : { notice: body.notice }),
    ...(body.stopWords === undefined ? {} : { stopWords: body.stopWords }),
    ...(body.synonyms === undefined ? {} : { synonyms: body.synonyms }),
  };
}
