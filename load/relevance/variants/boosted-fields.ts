import type { IndexFields } from "../index-client.ts";

/** The collection's title and body as two fields, a match in the title counting twice (BM25F), instead of one text. */
export const boostedFields: IndexFields = { title: { type: "text", boost: 2 }, body: { type: "text", boost: 1 } };
