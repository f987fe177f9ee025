import MiniSearch from "minisearch";
import { library, type PeerDocument, type PeerKind } from "../peer.ts";

/** MiniSearch with its own tokenizer and its own BM25+. */
export const miniSearch: PeerKind = {
  name: "MiniSearch",
  missing: () => undefined,
  async start({ documents }) {
    const index = new MiniSearch<PeerDocument>({ fields: ["text"], storeFields: ["title"] });
    index.addAll(documents);
    return library("MiniSearch", (query, size) =>
      index
        .search(query)
        .slice(0, size)
        .map(({ id, score, title }) => ({ id: String(id), score, title: String(title) })),
    );
  },
};
