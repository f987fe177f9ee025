import type { IndexSettings } from "../../src/protocol/settings.ts";

/** An index of one shard with these text fields and nothing else. */
export function textSettings(names: readonly string[], language: IndexSettings["language"]): IndexSettings {
  return {
    fields: Object.fromEntries(names.map((name) => [name, { type: "text" }])),
    language,
    shards: 1,
    replicas: 1,
    bm25: { k1: 1.2, b: 0.75 },
    placementSalt: 0,
  };
}
