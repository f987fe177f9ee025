import { isRecord } from "../../src/protocol/record.ts";
import { sleep, systemClock, systemTimers, type Timers } from "../../src/time.ts";
export type IndexOptions = { shards: number; replicas: number; k1: number; b: number; language: string };

export type IndexFields = Readonly<Record<string, { type: "text"; boost?: number }>>;

/** A hit with its document's text, which is empty unless it was asked for. */
export type FoundDocument = { id: string; score: number; text: string };

export type Answer = { ids: string[]; complete: boolean; documents: number };

const batchCharacters = 1_000_000;
const budgetMs = 60_000;
const attemptsMax = 20;
const pollMs = 100;
const waitMsMax = 5_000;
const searchableMsMax = 120_000;

/** One index of a running cluster, reached as any user would reach it: over the public API. */
export class IndexClient {
  readonly #path: string;
  readonly #timers: Timers;

  constructor(url: string, index: string, timers: Timers = systemTimers) {
    this.#timers = timers;
    this.#path = new URL(`/v1/indexes/${index}`, url).href;
  }

  /** Creates the index, with one text field, `text`, unless others are named. */
  async create(
    { shards, replicas, k1, b, language }: IndexOptions,
    fields: IndexFields = { text: { type: "text" } },
  ): Promise<void> {
    await this.#send("PUT", this.#path, {
      type: "application/json",
      body: { fields, shards, replicas, language, bm25: { k1, b } },
    });
  }

  /** Loads all documents and waits until every one of them can be found. Answers how many there are. */
  async load(documents: AsyncIterable<{ id: string }>): Promise<number> {
    const ids = new Set<string>();
    let lines: string[] = [];
    let characters = 0;
    for await (const document of documents) {
      ids.add(document.id);
      const line = JSON.stringify(document);
      lines.push(line);
      characters += line.length;
      if (characters < batchCharacters) continue;
      await this.#bulk(lines);
      lines = [];
      characters = 0;
    }
    if (lines.length > 0) await this.#bulk(lines);
    await this.#untilSearchable(ids.size);
    return ids.size;
  }

  /** The ids of the best `size` documents for plain words, spelt as they are. */
  async search(query: string, size: number): Promise<Answer> {
    const body = { query, size, budgetMs, returned: [], typos: 0 };
    return readAnswer(await this.#send("POST", `${this.#path}/search`, { type: "application/json", body }));
  }

  /**
   * The best `size` documents for plain words, searched for anew each time, with their texts where `texts` says so.
   * Throws an error where the answer does not rest on every document.
   */
  async find(query: string, { size, texts }: { size: number; texts: boolean }): Promise<FoundDocument[]> {
    const body = { query, size, budgetMs, returned: texts ? ["text"] : [], typos: 0, cache: false };
    const answer = await this.#send("POST", `${this.#path}/search`, { type: "application/json", body });
    const { hits, complete } = objectFrom(answer);
    if (complete !== true || !Array.isArray(hits)) throw new Error(`the answer to "${query}" is not complete`);
    return hits.map(foundDocument);
  }

  async #bulk(lines: readonly string[]): Promise<void> {
    const body = `${lines.join("\n")}\n`;
    const answer = await this.#send("POST", `${this.#path}/documents`, { type: "application/x-ndjson", body });
    const { rejected } = objectFrom(answer);
    if (!Array.isArray(rejected)) throw new Error("the answer to a bulk request does not list what it rejected");
    if (rejected.length > 0) throw new Error(`documents were rejected: ${JSON.stringify(rejected[0])}`);
  }

  async #untilSearchable(documents: number): Promise<void> {
    const untilMs = systemClock.nowMs() + searchableMsMax;
    for (;;) {
      const answer = await this.search("", 0);
      if (answer.complete && answer.documents === documents) return;
      if (systemClock.nowMs() > untilMs) {
        throw new Error(`${answer.documents} of ${documents} documents can be found after ${searchableMsMax} ms`);
      }
      await sleep(pollMs, this.#timers);
    }
  }

  /** Sends a request again for as long as the cluster only asks to wait, as often as `attemptsMax`. */
  async #send(method: string, url: string, { type, body }: { type: string; body: unknown }): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, {
        method,
        headers: { "content-type": type },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
      if (response.ok) return response.json();
      const isBusy = response.status === 429 || response.status === 503;
      const said = await response.text();
      if (!isBusy || attempt >= attemptsMax) throw new Error(`${method} ${url}: ${response.status} ${said}`);
      await sleep(waitMsFrom(response.headers.get("retry-after")), this.#timers);
    }
  }
}

function waitMsFrom(retryAfter: string | null): number {
  const waitS = Number(retryAfter ?? "0.2");
  return Number.isFinite(waitS) && waitS >= 0 ? Math.min(waitMsMax, waitS * 1000) : waitMsMax;
}

function readAnswer(body: unknown): Answer {
  const { hits, complete, statistics } = objectFrom(body);
  const { documents } = objectFrom(statistics);
  if (!Array.isArray(hits) || typeof documents !== "number") throw new Error("the answer is not that of a search");
  return { ids: hits.map((hit) => String(objectFrom(hit).id)), complete: complete === true, documents };
}

function foundDocument(hit: unknown): FoundDocument {
  const { id, score, document } = objectFrom(hit);
  const { text } = objectFrom(document ?? {});
  return { id: String(id), score: Number(score), text: typeof text === "string" ? text : "" };
}

function objectFrom(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new Error(`expected an object, not ${JSON.stringify(value)}`);
  return value;
}
