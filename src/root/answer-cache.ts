import { LRUCache } from "lru-cache";

/** A complete answer without what belongs to one request alone: its times and its trace. */
export type KeptAnswer = { body: Buffer };

/** What an entry takes beside its key and its answer, roughly. */
const entryBytes = 200;
/** An answer larger than this share of the cache would push out too many others. */
const largestShare = 1 / 16;

/**
 * Answers by what they are answers to, at most `bytesMax` bytes of them, the least recently used going first. A key
 * names the statistics and how far every shard had come, so an answer is never found again once either has moved on.
 */
export class AnswerCache {
  readonly #answers: LRUCache<string, KeptAnswer> | undefined;

  /** `bytesMax` 0 keeps nothing. */
  constructor(bytesMax: number) {
    if (bytesMax === 0) return;
    this.#answers = new LRUCache({
      maxSize: bytesMax,
      maxEntrySize: Math.max(1, Math.floor(bytesMax * largestShare)),
      sizeCalculation: ({ body }, key) => body.length + key.length * 2 + entryBytes,
    });
  }

  get bytes(): number {
    return this.#answers?.calculatedSize ?? 0;
  }

  get(key: string): KeptAnswer | undefined {
    return this.#answers?.get(key);
  }

  keep(key: string, answer: KeptAnswer): void {
    // A page of a larger buffer would hold on to all of it.
    const { body } = answer;
    const isSlice = body.buffer.byteLength > body.length * 2;
    this.#answers?.set(key, isSlice ? { body: Buffer.from(body) } : answer);
  }
}
