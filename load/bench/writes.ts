import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "undici";
import { type DemoDocument, demoDocuments, demoSettings } from "../../data/corpus.ts";
import { webQueries } from "../../data/queries.ts";
import { seededRandom, sleep, systemClock } from "../../src/time.ts";
import { type LocalCluster, startLocalCluster } from "../relevance/local-cluster.ts";
import { type SearchTimes, searchSteadily } from "./search-stream.ts";
import { syncedBytes, syncRate } from "./sync-rate.ts";

/** `documents` a request from so many connections at once. */
type Shape = { documents: number; connections: number };
type Written = { requests: number; documents: number; acknowledgedPerSecond: number; searchablePerSecond: number };
type Row = Shape & { alone: Written; beside: Written; lagMs: number; search: SearchTimes };
type Report = { syncsPerSecond: number; load: Written; quiet: SearchTimes; rows: Row[] };

const shapes: readonly Shape[] = [
  { documents: 1, connections: 32 },
  { documents: 10, connections: 32 },
  { documents: 1_000, connections: 4 },
];
const loading: Shape = { documents: 1_000, connections: 4 };
const phaseMs = 5_000;
const searchesPerSecond = 100;
const index = "bench";
const documentsPath = `/v1/indexes/${index}/documents`;
const searchPath = `/v1/indexes/${index}/search`;
const searchBudgetMs = 60_000;
const retryDelayMs = 5;

/**
 * What a whole cluster (`hedgerow up`, four leaves, two replicas, the embedded log) takes in over HTTP: documents a
 * second until they are acknowledged, which is after the disk's sync, and until the last of them can be searched in
 * every replica; alone and beside a steady stream of searches, whose times are told with and without the writing. The
 * files lie in the working directory, because a memory disk would sync for nothing.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const directory = await mkdtemp(join(process.cwd(), ".bench-writes-"));
  let cluster: LocalCluster | undefined;
  try {
    const syncsPerSecond = syncRate(join(directory, "sync"), 1_500);
    cluster = await startLocalCluster(join(directory, "data"), []);
    const report = { syncsPerSecond, ...(await measureAll(cluster.url)) };
    console.log(json ? JSON.stringify({ bench: "writes", ...report }) : textOf(report));
  } finally {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measureAll(url: string): Promise<Omit<Report, "syncsPerSecond">> {
  const corpus = [...demoDocuments()];
  const writer = new DocumentWriter(url, corpus);
  try {
    await writer.createIndex();
    const load = await writer.write(loading, times(Math.ceil(corpus.length / loading.documents)));
    const queries = webQueries(corpus, { count: 2000, random: seededRandom(7) });
    const bodies = queries.map((query) => JSON.stringify({ query, cache: false }));
    const stream = { url, path: searchPath, bodies, perSecond: searchesPerSecond };
    await searchSteadily(stream, sleep(phaseMs / 2));
    const quiet = await searchSteadily(stream, sleep(phaseMs));
    const rows: Row[] = [];
    for (const shape of shapes) {
      const alone = await writer.write(shape, forPhase());
      const writing = writer.write(shape, forPhase());
      // Awaited after the searches: until then a failure must not end the process before the cluster is stopped.
      writing.catch(() => undefined);
      const search = await searchSteadily(stream, writing);
      rows.push({ ...shape, alone, beside: await writing, lagMs: await writer.lag(shape), search });
    }
    return { load, quiet, rows };
  } finally {
    await writer.close();
  }
}

function times(count: number): () => boolean {
  let left = count;
  return () => left-- > 0;
}

function forPhase(): () => boolean {
  const endMs = systemClock.nowMs() + phaseMs;
  return () => systemClock.nowMs() < endMs;
}

/** Writes the corpus over and over, each time under other ids. */
class DocumentWriter {
  readonly #pool: Pool;
  readonly #corpus: readonly DemoDocument[];
  #at = 0;
  #token = 0;

  constructor(url: string, corpus: readonly DemoDocument[]) {
    this.#pool = new Pool(url, { connections: 64, bodyTimeout: 0, headersTimeout: 0 });
    this.#corpus = corpus;
  }

  async createIndex(): Promise<void> {
    await this.#ask("PUT", `/v1/indexes/${index}`, JSON.stringify({ ...demoSettings, shards: 4, replicas: 2 }));
  }

  /** Each connection sends its next request when the last was answered, while `more` says so. */
  async write({ documents, connections }: Shape, more: () => boolean): Promise<Written> {
    const startMs = systemClock.nowMs();
    let requests = 0;
    const connection = async (): Promise<void> => {
      while (more()) {
        await this.#writeOnce(documents);
        requests++;
      }
    };
    await Promise.all(Array.from({ length: connections }, connection));
    const acknowledgedMs = systemClock.nowMs() - startMs;
    await this.#searchable();
    const searchableMs = systemClock.nowMs() - startMs;
    const written = requests * documents;
    return {
      requests,
      documents: written,
      acknowledgedPerSecond: (written * 1000) / acknowledgedMs,
      searchablePerSecond: (written * 1000) / searchableMs,
    };
  }

  /** From a request's acknowledgement, when nothing else is written, until it can be searched everywhere. */
  async lag({ documents }: Shape): Promise<number> {
    const lagsMs: number[] = [];
    for (let i = 0; i < 9; i++) {
      await this.#writeOnce(documents);
      const acknowledgedMs = systemClock.nowMs();
      await this.#searchable();
      lagsMs.push(systemClock.nowMs() - acknowledgedMs);
    }
    return lagsMs.sort((a, b) => a - b)[4] ?? 0;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #writeOnce(count: number): Promise<void> {
    const batch = Array.from({ length: count }, () => this.#next());
    const [first] = batch;
    const { token } =
      count === 1
        ? await this.#ask("PUT", `${documentsPath}/${first?.id}`, JSON.stringify(first))
        : await this.#ask("POST", documentsPath, JSON.stringify(batch));
    this.#token = Math.max(this.#token, Number(token));
  }

  /** Resolves when every replica that is asked has the last write: until then a search with its token waits. */
  async #searchable(): Promise<void> {
    const body = JSON.stringify({ after: String(this.#token), size: 0, budgetMs: searchBudgetMs, cache: false });
    for (;;) {
      const askedMs = systemClock.nowMs();
      const { status } = await this.#send("POST", searchPath, body);
      if (status === 200 && systemClock.nowMs() - askedMs < searchBudgetMs / 2) return;
      // Shed, or given up: half the budget is waited for a write, and the other half is for the search.
      await sleep(retryDelayMs);
    }
  }

  #next(): DemoDocument {
    const document = this.#corpus[this.#at % this.#corpus.length];
    if (document === undefined) throw new Error("the corpus is empty");
    return { ...document, id: `${document.id}-${this.#at++}` };
  }

  async #ask(method: "PUT" | "POST", path: string, body: string): Promise<{ token?: string }> {
    const { status, text } = await this.#send(method, path, body);
    if (status !== 200 && status !== 201) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
    const parsed: { token?: string } = JSON.parse(text);
    return parsed;
  }

  async #send(method: "PUT" | "POST", path: string, body: string): Promise<{ status: number; text: string }> {
    const headers = { "content-type": "application/json" };
    const { statusCode: status, body: answer } = await this.#pool.request({ method, path, headers, body });
    return { status, text: await answer.text() };
  }
}

function textOf({ syncsPerSecond, load, quiet, rows }: Report): string {
  const rate = (perSecond: number): string => String(Math.round(perSecond)).padStart(8);
  const shown = ({ p50Ms, p99Ms, incomplete, searches }: SearchTimes): string => {
    const share = `${((incomplete * 100) / Math.max(1, searches)).toFixed(1)} %`;
    return `${p50Ms.toFixed(1).padStart(7)} ${p99Ms.toFixed(1).padStart(7)} ${share.padStart(8)}`;
  };
  const line = ({ documents, connections, alone, beside, lagMs, search }: Row): string => {
    const requestsPerSync = alone.acknowledgedPerSecond / documents / syncsPerSecond;
    const written = `${rate(alone.acknowledgedPerSecond)} ${rate(alone.searchablePerSecond)} ${requestsPerSync.toFixed(2).padStart(9)}`;
    const shape = `${String(documents).padStart(6)} ${String(connections).padStart(5)}`;
    return `${shape} ${written} ${lagMs.toFixed(0).padStart(8)} ${rate(beside.acknowledgedPerSecond)} ${shown(search)}`;
  };
  return [
    `the disk syncs ${Math.round(syncsPerSecond)} writes of ${syncedBytes >> 10} KiB a second`,
    `${load.documents} documents into an empty index: ${Math.round(load.acknowledgedPerSecond)}/s acknowledged, ${Math.round(load.searchablePerSecond)}/s until searchable`,
    `searching alone, ${searchesPerSecond} a second: p50 ${quiet.p50Ms.toFixed(1)} ms, p99 ${quiet.p99Ms.toFixed(1)} ms`,
    "",
    "  documents           writing alone: documents/s         searchable    beside searches: docs/s, search ms",
    "    each   conn. acknowl. searchable  x syncs     after ms acknowl.     p50     p99 not whole",
    ...rows.map(line),
  ].join("\n");
}
