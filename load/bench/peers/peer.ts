/** What every peer is given: the text of a document as one, and its title to show in an answer. */
export type PeerDocument = { id: string; title: string; text: string };

export type PeerHit = { id: string; score: number; title: string };

/** `complete` is false where a part of the index did not take part in the answer. */
export type PeerAnswer = { hits: PeerHit[]; complete: boolean };

/** What a peer starts with: the documents, and a directory of its own that is removed after it. */
export type Ground = { documents: readonly PeerDocument[]; directory: string };

/** A search that a user would take instead, as it comes, with any of the words matching and the best `size` first. */
export type Peer = {
  readonly name: string;
  /** The processes that do its work beside the one that it was started in. */
  readonly pids: readonly number[];
  /** Processes that hold a second copy: one of them may be stopped, and there is still one of everything. */
  readonly mirrorPids: readonly number[];
  search(query: string, size: number): PeerAnswer | Promise<PeerAnswer>;
  stop(): Promise<void>;
};

/** How to start one. */
export type PeerKind = {
  readonly name: string;
  /** Programs that it needs and that are not on this machine, and how to get them; undefined: all are there. */
  missing(): string | undefined;
  /** Indexes the documents. Resolves once they can be searched; rejects where one of its processes fails. */
  start(ground: Ground): Promise<Peer>;
};

/** The words of a query: peers take each in a language of their own, and no punctuation may be taken for it. */
export function wordsOf(query: string): string[] {
  return [...new Set(query.toLowerCase().match(/[\p{L}\p{N}]+/gu))];
}

/** How many hits are asked of a peer at most. */
export const hitsMax = 100;

/** A peer that is a library in the process that asks it. */
export function library(name: string, search: (query: string, size: number) => PeerHit[] | Promise<PeerHit[]>): Peer {
  return {
    name,
    pids: [],
    mirrorPids: [],
    search: (query, size) => {
      const hits = search(query, size);
      return hits instanceof Promise
        ? hits.then((found) => ({ hits: found, complete: true }))
        : { hits, complete: true };
    },
    stop: async () => undefined,
  };
}
