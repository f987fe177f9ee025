import { demoDocuments } from "../../../data/corpus.ts";
import { readCollection } from "../../relevance/collection.ts";
import type { PeerDocument } from "./peer.ts";

/** Stands for the demo corpus where a collection's directory may stand. */
export const demoSource = "demo";

/** The documents of the demo corpus or of a test collection, each as one text. */
export async function peerDocuments(source: string): Promise<PeerDocument[]> {
  if (source === demoSource) {
    return Array.from(demoDocuments(), ({ id, title, synonyms, body, examples }) => {
      return { id, title, text: [title, ...synonyms, body, ...examples].join(". ") };
    });
  }
  const collection = await readCollection(source);
  return Array.fromAsync(collection.titledDocuments(), ({ id, title, body }) => {
    return { id, title, text: [title, body].filter((part) => part !== "").join(" ") };
  });
}
