import { Hedgerow } from "../../src/client/exports.ts";
import { type Clock, sleep, systemClock } from "../../src/time.ts";

const words = ["fear of heights", "instrument measuring wind", "cultivation of bees", "dog", "large body of water"];
const pauseMs = 40;

/** What became of the queries so far. */
export type StreamReport = { answered: number; failures: string[]; partial: string[]; tookMsMax: number };

/**
 * Callers who ask one thing after another, half of them one root first and half the other, until they are stopped.
 * Nothing is answered from a cache.
 */
export class QueryStream {
  readonly #clock: Clock = systemClock;
  readonly #budgetMs: number;
  readonly #callers: Promise<void>[];
  #report: StreamReport = { answered: 0, failures: [], partial: [], tookMsMax: 0 };
  #stopped = false;

  constructor(urls: readonly string[], { callers, budgetMs }: { callers: number; budgetMs: number }) {
    this.#budgetMs = budgetMs;
    this.#callers = Array.from({ length: callers }, (_, i) =>
      this.#ask(new Hedgerow({ url: i % 2 === 0 ? urls : [...urls].reverse() }), i),
    );
  }

  /** What was seen since the last call. */
  take(): StreamReport {
    const report = this.#report;
    this.#report = { answered: 0, failures: [], partial: [], tookMsMax: 0 };
    return report;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
  }

  async #ask(client: Hedgerow, caller: number): Promise<void> {
    for (let i = caller; !this.#stopped; i++) {
      const query = words[i % words.length] ?? "";
      const startMs = this.#clock.nowMs();
      try {
        const answer = await client.search("demo", { query, budgetMs: this.#budgetMs, cache: false });
        this.#report.answered++;
        if (!answer.complete || answer.coverage.documents !== 1 || answer.hits.length === 0) {
          this.#report.partial.push(JSON.stringify({ ...answer, hits: answer.hits.length, cursor: "" }));
        }
      } catch (error) {
        this.#report.failures.push(error instanceof Error ? error.message : String(error));
      }
      this.#report.tookMsMax = Math.max(this.#report.tookMsMax, this.#clock.nowMs() - startMs);
      await sleep(pauseMs);
    }
  }
}
