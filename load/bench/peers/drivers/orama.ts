import { create, insertMultiple, search } from "@orama/orama";
import { library, type PeerKind } from "../peer.ts";

const batchDocuments = 5_000;

/** Orama with one text property and its own tokenizer; `threshold: 1` lets any of the words match. */
export const orama: PeerKind = {
  name: "Orama",
  missing: () => undefined,
  async start({ documents }) {
    const index = create({ schema: { text: "string" } as const, language: "english" });
    await insertMultiple(
      index,
      documents.map(({ id, title, text }) => ({ id, title, text })),
      batchDocuments,
    );
    return library("Orama", async (term, size) => {
      const { hits } = await search(index, { term, limit: size, threshold: 1, properties: ["text"] });
      return hits.map(({ id, score, document }) => ({ id, score, title: titleOf(document) }));
    });
  },
};

function titleOf(document: object): string {
  return "title" in document && typeof document.title === "string" ? document.title : "";
}
