import { Index } from "flexsearch";
import { library, type PeerKind } from "../peer.ts";

/** FlexSearch's own search over its own terms; `suggest` lets any of the words match. It tells no scores. */
export const flexSearch: PeerKind = {
  name: "FlexSearch",
  missing: () => undefined,
  async start({ documents }) {
    const index = new Index({ tokenize: "strict" });
    documents.forEach(({ text }, position) => void index.add(position, text));
    const shown = documents.map(({ id, title }) => ({ id, title, score: 0 }));
    return library("FlexSearch", (query, size) =>
      index.search(query, { limit: size, suggest: true }).flatMap((position) => shown[Number(position)] ?? []),
    );
  },
};
