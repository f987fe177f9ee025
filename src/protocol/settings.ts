/** What a field holds. `text` is searched; `keyword`, `number`, `date`, `boolean` are columns; `stored` is only kept. */
export type FieldType = "text" | "keyword" | "number" | "date" | "boolean" | "stored";

export type FieldSettings = { type: FieldType; boost?: number };

/** The languages an analyzer knows. `simple` folds without stemming; `cjk` makes bigrams, with the unigrams beside them. */
export const languages = ["en", "de", "fr", "es", "it", "pt", "nl", "sv", "ru", "simple", "cjk"] as const;
export type Language = (typeof languages)[number];

/** BM25's two parameters, per index. */
export type Bm25Settings = { k1: number; b: number };

/** An index as its creator described it, with every default filled in. Field order is the order of creation. */
export type IndexSettings = {
  fields: Record<string, FieldSettings>;
  shards: number;
  replicas: number;
  language: Language;
  bm25: Bm25Settings;
  /** Spreads the index evenly over the leaves that stood when it was created (`cluster/placement`). */
  placementSalt: number;
  /** Words the analyzer drops instead of its language's own list; absent: the language's list. */
  stopWords?: string[];
  /** The licence or attribution of what the documents say, for whoever shows them. */
  notice?: string;
  /** Groups of words that mean the same. */
  synonyms?: string[][];
};

/**
 * One life of an index name: dropping and creating it again gives another `incarnation`, so that nothing left of the
 * first can answer for the second.
 */
export type IndexDefinition = { index: string; incarnation: number; settings: IndexSettings };

/** The names of the text fields in index order: a field's position here is its number in postings and plans. */
export function textFields(settings: IndexSettings): string[] {
  return Object.keys(settings.fields).filter((name) => settings.fields[name]?.type === "text");
}

/** The types whose values stand in columns: they can be filtered by, counted and sorted by. */
export type ColumnType = Exclude<FieldType, "text" | "stored">;
export type ColumnField = { name: string; type: ColumnType };

/** The fields with columns in index order: a field's position here is its column's number in segments. */
export function columnFields(settings: IndexSettings): ColumnField[] {
  return Object.entries(settings.fields).flatMap(([name, { type }]) =>
    type === "text" || type === "stored" ? [] : [{ name, type }],
  );
}
