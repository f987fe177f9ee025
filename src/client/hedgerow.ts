import { type ImportProgress, type ImportResult, importLines } from "../command/bulk-import.ts";
import {
  type Answer,
  accepted,
  createClient,
  isServiceUrl,
  type Request,
  ServiceUnreachable,
} from "../command/client.ts";
import { documentPath, indexPath } from "../command/index-path.ts";
import type { IndexBody } from "../protocol/index-request.ts";
import { budgetMsLimit, type SearchBody } from "../protocol/search-request.ts";
import { type Clock, type Random, systemClock, systemRandom, systemTimers, type Timers } from "../time.ts";
import {
  type DocumentBody,
  type IndexDescription,
  isAliasList,
  isIndexDescription,
  isSearchAnswer,
  isStoredDocument,
  isWriteReceipt,
  type SearchAnswer,
  type StoredDocument,
  type WriteReceipt,
} from "./answer-types.ts";
import { linesOf } from "./document-lines.ts";
import { codeOf, Roots } from "./roots.ts";
import { timeLimit } from "./time-limit.ts";

export type HedgerowOptions = {
  /** A root's address, or those of several roots of one cluster: what one cannot take goes to the next. */
  url: string | readonly string[];
  /** An API key, where the service wants one. */
  key?: string;
  /** Milliseconds for searches that do not say; without it the service's own default holds. */
  budgetMs?: number;
  /** Milliseconds that an answer may take on top of its budget, for the network, before it is given up (1000). */
  graceMs?: number;
};

/** What time and chance are; tests put their own in. */
export type Surroundings = { clock: Clock; timers: Timers; random: Random };

export type CallOptions = {
  /** Gives the call up; it rejects with the signal's reason, and the service stops working on it. */
  signal?: AbortSignal;
};

export type SearchOptions = CallOptions & {
  /** `batch`: nobody waits for it, so that it is the first to be refused (`overloaded`) when the service is at its limit. */
  priority?: "interactive" | "batch";
};

export type BulkOptions = CallOptions & {
  /** Requests on their way at once (3). */
  parallelism?: number;
  onProgress?: (progress: ImportProgress) => void;
};

export type WriteOptions = CallOptions & {
  /** Write only if the document stands at this version; 0: only if there is none. Otherwise `version_conflict`. */
  ifVersion?: number;
};

const graceMsDefault = 1_000;
const graceMsMax = 3_600_000;
/** A root that has not answered a search by then, behind its budget and as a share of the grace, is passed over. */
const silenceShare = 0.25;
/** How long a root may stay silent where no budget is named, before another one is asked. */
const patienceMs = 10_000;
/** The same for many documents at once, which a root may have to wait for. */
const patienceOfBulkMs = 60_000;
const budgetMsMin = 1;
/** What a header carries; the end of a line behind it is taken off. */
const sendableKey = /^[ -~]*\s*$/;

/**
 * A Hedgerow service. Every method rejects with a `RequestRefused` when the service says no (its problem document is in
 * `answer.body`), with a `ServiceUnreachable` when no root answers, and with a `RangeError` or a `TypeError`, before
 * anything is sent, for a name or an id that there cannot be.
 */
export class Hedgerow {
  readonly #roots: Roots;
  readonly #options: HedgerowOptions;
  readonly #surroundings: Surroundings;

  /** Throws a `RangeError` for an address, a key or a number of milliseconds that there cannot be. */
  constructor(
    options: HedgerowOptions,
    surroundings: Surroundings = { clock: systemClock, timers: systemTimers, random: systemRandom },
  ) {
    const urls = typeof options.url === "string" ? [options.url] : options.url;
    checkTimes(options);
    for (const url of urls) {
      if (!isServiceUrl(url)) throw new RangeError(`url must be an http address of a root, not "${url}"`);
    }
    // What it is stays out of every message.
    if (!sendableKey.test(options.key ?? "")) throw new RangeError("key must be of letters that a header can carry");
    this.#roots = new Roots(
      urls.map((url) => createClient(url, options.key)),
      surroundings.timers,
    );
    this.#options = options;
    this.#surroundings = surroundings;
  }

  /**
   * Searches an index. The answer comes within the budget and says what it rests on; the call itself ends within the
   * budget and `graceMs`, all roots together. Another root is given what the first has left of the budget; behind one
   * that stays silent for all of it, half of what is left of the grace.
   */
  async search<D = DocumentBody>(
    index: string,
    query: string | SearchBody,
    { signal, priority }: SearchOptions = {},
  ): Promise<SearchAnswer<D>> {
    const body = typeof query === "string" ? { query } : query;
    const { graceMs = graceMsDefault, budgetMs: budgetMsDefault } = this.#options;
    const budgetMs = body.budgetMs ?? budgetMsDefault;
    checkTimes({ budgetMs });
    const { clock, timers } = this.#surroundings;
    const headers: Record<string, string> = priority === undefined ? {} : { "x-priority": priority };
    let startMs: number | undefined;
    const limit = timeLimit((budgetMs ?? budgetMsLimit) + graceMs, { timers, ...(signal && { outer: signal }) });
    try {
      const answer = await this.#roots.ask(`${indexPath(index)}/search`, ({ isLast, afterSilence }) => {
        const request = { method: "POST", signal: limit.signal, headers } as const;
        if (budgetMs === undefined) return { ...request, json: body, patienceMs: isLast ? undefined : patienceMs };
        const nowMs = clock.nowMs();
        startMs ??= nowMs;
        const leftMs = budgetMs - (nowMs - startMs);
        const ownMs = afterSilence ? Math.min(budgetMs, (leftMs + graceMs) / 2) : leftMs;
        if (ownMs < budgetMsMin) return undefined;
        const json = { ...body, budgetMs: ownMs };
        return { ...request, json, patienceMs: isLast ? undefined : ownMs + graceMs * silenceShare };
      });
      return expected(answer, (found): found is SearchAnswer<D> => isSearchAnswer<D>(found));
    } catch (error) {
      if (limit.isOver()) throw new ServiceUnreachable(`no answer within ${(budgetMs ?? budgetMsLimit) + graceMs} ms`);
      throw error;
    } finally {
      limit.clear();
    }
  }

  /**
   * Writes documents, each replacing the one with its id, in requests of about a mebibyte, or less where a root takes
   * less. What the service does not take for now is sent again for a minute; a document that does not fit rejects itself
   * and no other. Memory stays bounded: no more is read of `documents` than is on its way. When it rejects, some may be
   * written.
   */
  bulk(
    index: string,
    documents: Iterable<DocumentBody> | AsyncIterable<DocumentBody>,
    { parallelism = 3, signal, onProgress }: BulkOptions = {},
  ): Promise<ImportResult> {
    const { timers, random } = this.#surroundings;
    return importLines(
      { client: this.#roots.asClient(patienceOfBulkMs), index, timers, random },
      {
        source: linesOf(documents),
        parallelism,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      },
    );
  }

  /** Writes one document. It is durable when this resolves, and can be found within a second. */
  async put(index: string, document: DocumentBody, options: WriteOptions = {}): Promise<WriteReceipt> {
    const request = { method: "PUT", json: document } as const;
    return expected(await this.#write(documentPath(index, document.id), request, options), isWriteReceipt);
  }

  /** Deletes one document. Rejects with `document_not_found` where there is none. */
  async delete(index: string, id: string, options: WriteOptions = {}): Promise<WriteReceipt> {
    return expected(await this.#write(documentPath(index, id), { method: "DELETE" }, options), isWriteReceipt);
  }

  /** Reads one document as it was last written; `undefined` where there is none. */
  async get<D = DocumentBody>(
    index: string,
    id: string,
    options: CallOptions = {},
  ): Promise<StoredDocument<D> | undefined> {
    const answer = await this.#roots.ask(documentPath(index, id), () => ({ ...given(options), patienceMs }));
    const isNone = answer.status === 404 && codeOf(answer) === "document_not_found";
    return isNone ? undefined : expected(answer, (found): found is StoredDocument<D> => isStoredDocument<D>(found));
  }

  /** Creates an index; where it stands with the same settings, this changes nothing. */
  async createIndex(index: string, settings: IndexBody, options: CallOptions = {}): Promise<IndexDescription> {
    const request = { method: "PUT", json: settings, ...given(options), patienceMs } as const;
    return expected(await this.#roots.ask(indexPath(index), () => request), isIndexDescription);
  }

  /** Drops an index and all its documents. Rejects with `index_not_found` where there is none. */
  async dropIndex(index: string, options: CallOptions = {}): Promise<void> {
    accepted(await this.#roots.askOne(indexPath(index), { method: "DELETE", ...given(options), patienceMs }));
  }

  /**
   * Points aliases at indexes, all of them at once or none; `null` removes one. Resolves to every alias that then stands.
   * Rejects with `index_not_found` for an index that there is not, and with `index_exists` for an alias named as an index is.
   */
  async setAliases(
    set: Readonly<Record<string, string | null>>,
    options: CallOptions = {},
  ): Promise<Record<string, string>> {
    const request = { method: "POST", json: { set }, ...given(options), patienceMs } as const;
    return expected(await this.#roots.ask("/v1/aliases", () => request), isAliasList).aliases;
  }

  /** A put may be sent again. A delete or a condition may not: the first one's success would look like a failure. */
  #write(path: string, request: Request, { ifVersion, ...options }: WriteOptions): Promise<Answer> {
    const made = { ...request, ...given(options), patienceMs };
    if (ifVersion === undefined && request.method === "PUT") return this.#roots.ask(path, () => made);
    const condition: Record<string, string> =
      ifVersion === undefined ? {} : ifVersion === 0 ? { "if-none-match": "*" } : { "if-match": `"${ifVersion}"` };
    return this.#roots.askOne(path, { ...made, headers: condition });
  }
}

/** What the service would refuse, or no timer could wait for. */
function checkTimes({ budgetMs, graceMs }: { budgetMs?: number | undefined; graceMs?: number | undefined }): void {
  if (budgetMs !== undefined && !(budgetMs >= budgetMsMin && budgetMs <= budgetMsLimit)) {
    throw new RangeError(`budgetMs must be from ${budgetMsMin} to ${budgetMsLimit}, not ${budgetMs}`);
  }
  if (graceMs !== undefined && !(graceMs >= 0 && graceMs <= graceMsMax)) {
    throw new RangeError(`graceMs must be from 0 to ${graceMsMax}, not ${graceMs}`);
  }
}

/** What the caller said of a call, as a request has it. */
function given({ signal }: CallOptions): Pick<Request, "signal"> {
  return signal === undefined ? {} : { signal };
}

/** The body of a success, where it is what the contract says. */
function expected<T>(answer: Answer, is: (body: unknown) => body is T): T {
  const { body } = accepted(answer);
  if (is(body)) return body;
  throw new ServiceUnreachable("what answered there is no Hedgerow service");
}
