import { HedgerowError } from "../errors.ts";
import type { Admission } from "../policy/admission.ts";
import { Canary } from "../policy/canary.ts";
import type { SearchBody } from "../protocol/search-request.ts";
import { fullGrant, type Grant } from "../security/access.ts";
import type { Log } from "../telemetry/log.ts";
import { AnswerTally } from "./answer-tally.ts";
import { CanaryGuard } from "./canary-attempt.ts";
import type { Catalog, CatalogIndex } from "./catalog.ts";
import type { Gathered } from "./gathered.ts";
import { InstantAnswers } from "./instant-answers.ts";
import type { EndedQuery } from "./kept-query.ts";
import { loadSample } from "./load-sample.ts";
import { waitForWrite, waitUntilMs } from "./own-write.ts";
import type { QueryWatch } from "./query-watch.ts";
import type { ScatterResources } from "./scatter.ts";
import { type SearchContext, type SearchLimits, type SearchParts, searchIndex } from "./search.ts";
import { deadlineKept, type SearchEnd, SearchTally } from "./search-tally.ts";
import type { SearchMeter } from "./service-meter.ts";
import { type Waits, whileStanding } from "./waits.ts";
import { isWeighable, waitForWeights } from "./weights.ts";

export type SearchesOptions = {
  catalog: Catalog;
  resources: ScatterResources;
  admission: Admission;
  limits: SearchLimits;
  /** How many bytes of answers are kept to be given again. */
  cacheBytesMax: number;
};

type Unprepared = {
  context: SearchContext;
  search: { index: string; text: string; budgetMs: number };
  /** The token of the write that it is to find. */
  after: string | undefined;
};

/** What a search is of. `afterReached`: whether the write that it is to find can be found; undefined where it names none. */
type Prepared = { index: CatalogIndex; afterReached: boolean | undefined };

/** A root's searches, each from its coming to its end: what it waits for, whether it is let in, and that it is counted. */
export class Searches {
  readonly tally = new SearchTally();
  readonly answers = new AnswerTally();
  readonly #options: SearchesOptions & { waits: Waits };
  readonly #parts: SearchParts;
  #meter: SearchMeter | undefined;
  #watch: QueryWatch | undefined;

  constructor(options: SearchesOptions & { waits: Waits }) {
    this.#options = options;
    const { resources, limits, cacheBytesMax } = options;
    this.#parts = {
      resources,
      limits,
      guard: new CanaryGuard({
        ...resources,
        canary: new Canary(),
        onFailed: (code) => this.answers.recordFailure(code),
      }),
      instant: new InstantAnswers({ cacheBytesMax, nowMs: resources.clock.nowMs }),
    };
  }

  get instant(): InstantAnswers {
    return this.#parts.instant;
  }

  /** Has every search seen when it is over. */
  watch(watch: QueryWatch): void {
    this.#watch = watch;
  }

  /** Has the time of every search recorded that was not given up. */
  meter(meter: SearchMeter): void {
    this.#meter = meter;
  }

  /** Where the log goes of what searches alone do not tell. */
  reportTo(log: Pick<Log, "warn">): void {
    const said = "queries are refused, as they seem to have taken a leaf down";
    this.#parts.guard.tellConvictions((conviction) => log.warn(conviction, said));
  }

  /** A search as the holder of a key may have it. */
  granted(body: SearchBody, grant: Grant): SearchBody {
    if (grant === fullGrant) return body;
    return { ...body, budgetMs: grant.budgetMs(body.budgetMs, this.#options.limits.budgetMs) };
  }

  async run(name: string, body: SearchBody, context: SearchContext): Promise<Buffer> {
    const { catalog, limits, resources } = this.#options;
    const named = catalog.get(name, context.grant);
    const { query: text = "", budgetMs = limits.budgetMs, after } = body;
    const search = { index: name, text, budgetMs };
    const mustWait = after !== undefined || !isWeighable(named);
    const prepared = mustWait ? await this.#prepare(named, { context, search, after }) : undefined;
    const { index, afterReached } = prepared ?? { index: named, afterReached: undefined };
    const readyMs = mustWait ? resources.clock.nowMs() : context.startMs;
    const asked = { ...search, readyMs };
    return this.#admitted(context, asked, (onGathered) =>
      searchIndex(index, { body, context, budgetMs, afterReached, onGathered }, this.#parts),
    );
  }

  /**
   * Waits for what a search rests on; one that cannot begin within its budget, or not at all, is noted as one that failed.
   * Where the index is dropped meanwhile, as behind an alias that was switched, it goes on with what its name means then.
   */
  async #prepare(named: CatalogIndex, { context, search, after }: Unprepared): Promise<Prepared> {
    const { catalog, waits, resources } = this.#options;
    const { trace, startMs, onGone, grant } = context;
    const limits = { untilMs: waitUntilMs(startMs, search.budgetMs), onGone };
    try {
      for (let index = named; ; index = catalog.get(search.index, grant)) {
        const wait = { waits: whileStanding(waits, () => catalog.holds(index)), ...limits };
        const afterReached = after === undefined ? undefined : await waitForWrite(index, after, wait);
        await waitForWeights(index, wait);
        if (catalog.holds(index)) return { index, afterReached };
      }
    } catch (failure) {
      const doneMs = resources.clock.nowMs();
      const end = context.isGone ? "abandoned" : "failed";
      this.#conclude({ ...search, trace, startMs, readyMs: doneMs, doneMs, end, failure, gathered: undefined });
      throw failure;
    }
  }

  /** Runs a whole query or sheds it: work that is begun and given up costs the leaves as much as an answer. */
  async #admitted(
    context: SearchContext,
    { index, text, readyMs, budgetMs }: { budgetMs: number; index: string; text: string; readyMs: number },
    run: (onGathered: (gathered: Gathered) => void) => Promise<Buffer>,
  ): Promise<Buffer> {
    const { admission, resources } = this.#options;
    const { clock, policy } = resources;
    const { trace, startMs } = context;
    const decision = admission.admit(context.priority);
    if (decision.kind === "shed") {
      const { retryAfterS } = decision;
      if (decision.strained) policy.holdHedges(clock.nowMs());
      this.tally.record("shed", { tookMs: 0, deadline: "missed" }, clock.nowMs());
      throw new HedgerowError("overloaded", `this root is at its limit; come back in ${retryAfterS} s`).withFacts({
        retryAfterS,
      });
    }
    let gathered: Gathered | undefined;
    let failure: unknown;
    try {
      return await run((found) => {
        gathered = found;
        this.answers.record(found.result);
      });
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      const nowMs = clock.nowMs();
      const tookMs = nowMs - startMs;
      const load = gathered && loadSample(gathered.result.reports, gathered.gatheredMs - startMs);
      // First: whatever else is noted of it, its place must be free again.
      const spent = { tookMs: load?.tookMs ?? tookMs, queuedMs: load?.queuedMs };
      admission.leave({ ...spent, budgetMs, gone: context.isGone || load === undefined }, nowMs);
      const end = context.isGone ? "abandoned" : failure === undefined ? "answered" : "failed";
      const asked = { index, text, trace, startMs, readyMs, budgetMs, doneMs: nowMs, end, failure, gathered } as const;
      this.#conclude(asked, load?.queuedMs);
    }
  }

  /** Counts a search that is over, and has it seen. `queuedMs` undefined: nobody knows. */
  #conclude(ended: EndedQuery & { end: Exclude<SearchEnd, "shed"> }, queuedMs?: number): void {
    const { startMs, doneMs, budgetMs, end, failure } = ended;
    const tookMs = doneMs - startMs;
    const deadline = deadlineKept({ tookMs, budgetMs, failure });
    this.tally.record(end, { tookMs, queuedMs, deadline }, doneMs);
    const kept = this.#watch?.(ended);
    if (end !== "abandoned") this.#meter?.[end].observe(tookMs / 1000, kept);
  }
}
