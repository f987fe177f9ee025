import type { ChangeLog, DocumentWrite } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import type { Admission } from "../policy/admission.ts";
import { Canary } from "../policy/canary.ts";
import { type IndexBody, type IndexDefaults, settingsFrom } from "../protocol/index-request.ts";
import type { SearchBody } from "../protocol/search-request.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import { stopWordMisfit } from "../query/stop-words.ts";
import { synonymMisfit } from "../query/synonyms.ts";
import { fullGrant, type Grant } from "../security/access.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Clock, Timers } from "../time.ts";
import { AnswerTally } from "./answer-tally.ts";
import { type Appended, appendToStanding } from "./append-to-standing.ts";
import { CanaryGuard } from "./canary-attempt.ts";
import type { Catalog, CatalogIndex } from "./catalog.ts";
import { clusterReport } from "./cluster-report.ts";
import { Definitions } from "./definitions.ts";
import type { Freshness } from "./freshness.ts";
import type { Gathered } from "./gathered.ts";
import { InstantAnswers } from "./instant-answers.ts";
import { showInstantAnswers } from "./instant-meters.ts";
import type { EndedQuery } from "./kept-query.ts";
import { loadSample } from "./load-sample.ts";
import type { Departed, LeafAnnouncement, Membership } from "./membership.ts";
import { showRoot } from "./meters.ts";
import { waitForSequence, waitForWrite, waitUntilMs } from "./own-write.ts";
import type { QueryWatch } from "./query-watch.ts";
import { showReplicas } from "./replica-meters.ts";
import { requireRoom } from "./room.ts";
import type { ScatterResources } from "./scatter.ts";
import { type SearchContext, type SearchLimits, type SearchParts, searchIndex } from "./search.ts";
import { deadlineKept, type SearchEnd, SearchTally } from "./search-tally.ts";
import type { SeenByRoot } from "./seen-by-root.ts";
import { meterService, type ServiceMeter } from "./service-meter.ts";
import type { Topology } from "./topology.ts";
import { Waits } from "./waits.ts";
import { isWeighable, waitForWeights } from "./weights.ts";

export type ServiceOptions = {
  name: string;
  catalog: Catalog;
  topology: Topology;
  membership: Membership;
  log: ChangeLog;
  resources: ScatterResources;
  admission: Admission;
  freshness: Freshness;
  limits: SearchLimits;
  /** How many bytes of answers are kept to be given again. */
  cacheBytesMax: number;
  documentBytesMax: number;
  defaults: Omit<IndexDefaults, "placementSalt">;
};

type Unprepared = {
  context: SearchContext;
  search: { index: string; text: string; budgetMs: number };
  /** The token of the write that it is to find. */
  after: string | undefined;
};

const creationWaitMs = 5_000;

/** What the root's routes do, apart from HTTP. */
export class RootService {
  readonly catalog: Catalog;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly #options: ServiceOptions;
  readonly #searches = new SearchTally();
  readonly #answers = new AnswerTally();
  #meter: ServiceMeter | undefined;
  #watch: QueryWatch | undefined;
  readonly #parts: SearchParts;
  readonly #definitions: Definitions;
  readonly #waits: Waits;
  /** Set while the process finishes what it has and takes no more. */
  draining = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { resources, limits, cacheBytesMax } = options;
    this.#parts = {
      resources,
      limits,
      guard: new CanaryGuard({ ...resources, canary: new Canary() }),
      instant: new InstantAnswers({ cacheBytesMax, nowMs: resources.clock.nowMs }),
    };
    this.#definitions = new Definitions({ ...options, timers: resources.timers });
    this.#waits = new Waits(resources);
    this.catalog = options.catalog;
    this.log = options.log;
    this.clock = options.resources.clock;
    this.timers = options.resources.timers;
  }

  /** Takes up what the log knows of, and follows it: to be called once, before the first request. */
  start(): Promise<void> {
    return this.#definitions.start();
  }

  /** Takes up now what the log says stands, rather than a moment later. */
  refresh(): Promise<void> {
    return this.#definitions.refresh();
  }

  /** Has every search seen when it is over. */
  watch(watch: QueryWatch): void {
    this.#watch = watch;
  }

  /** Where the log goes of what searches alone do not tell. */
  reportTo(log: Pick<Log, "warn">): void {
    const said = "queries are refused, as they seem to have taken a leaf down";
    this.#parts.guard.tellConvictions((conviction) => log.warn(conviction, said));
  }

  /** Stops following the log. */
  close(): void {
    this.#definitions.close();
  }

  /** The largest document that is taken: a single one that the log could not hold would refuse a whole request. */
  get documentBytesMax(): number {
    const { documentBytesMax, log } = this.#options;
    return Math.min(documentBytesMax, log.documentBytesMax ?? documentBytesMax);
  }

  /** A search as the holder of a key may have it. */
  granted(body: SearchBody, grant: Grant): SearchBody {
    if (grant === fullGrant) return body;
    return { ...body, budgetMs: grant.budgetMs(body.budgetMs, this.#options.limits.budgetMs) };
  }

  async search(name: string, body: SearchBody, context: SearchContext): Promise<Buffer> {
    const { limits } = this.#options;
    const index = this.catalog.get(name, context.grant);
    const { query: text = "", budgetMs = limits.budgetMs, after } = body;
    const search = { index: name, text, budgetMs };
    const mustWait = after !== undefined || !isWeighable(index);
    const afterReached = mustWait ? await this.#prepare(index, { context, search, after }) : undefined;
    const readyMs = mustWait ? this.clock.nowMs() : context.startMs;
    const asked = { ...search, readyMs };
    return this.#admitted(context, asked, (onGathered) =>
      searchIndex(index, { body, context, afterReached, onGathered }, this.#parts),
    );
  }

  /**
   * Waits for what a search rests on; one that cannot begin within its budget, or not at all, is noted as one that failed.
   * Resolves to whether the write that it is to find can be found; to undefined where it names none.
   */
  async #prepare(index: CatalogIndex, { context, search, after }: Unprepared): Promise<boolean | undefined> {
    const { trace, startMs, onGone } = context;
    const wait = { waits: this.#waits, untilMs: waitUntilMs(startMs, search.budgetMs), onGone };
    try {
      const afterReached = after === undefined ? undefined : await waitForWrite(index, after, wait);
      await waitForWeights(index, wait);
      return afterReached;
    } catch (failure) {
      const doneMs = this.clock.nowMs();
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
    const { trace, startMs } = context;
    const decision = admission.admit(context.priority);
    if (decision.kind === "shed") {
      const { retryAfterS } = decision;
      if (decision.strained) resources.policy.holdHedges(this.clock.nowMs());
      this.#searches.record("shed", { tookMs: 0, deadline: "missed" }, this.clock.nowMs());
      throw new HedgerowError("overloaded", `at its limit; come back in ${retryAfterS} s`).withFacts({ retryAfterS });
    }
    let gathered: Gathered | undefined;
    let failure: unknown;
    try {
      return await run((found) => {
        gathered = found;
        this.#answers.record(found.result);
      });
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      const nowMs = this.clock.nowMs();
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
    this.#searches.record(end, { tookMs, queuedMs, deadline }, doneMs);
    const kept = this.#watch?.(ended);
    if (end !== "abandoned") this.#meter?.search[end].observe(tookMs / 1000, kept);
  }

  /** Creates an index and waits until it can be searched, if that does not take too long. */
  async createIndex(name: string, body: IndexBody): Promise<{ kind: "created" | "stands"; index: CatalogIndex }> {
    this.catalog.requireWhole();
    const settings = this.settingsFor(name, body);
    // One that stands may have such as were let pass once.
    const misfit = this.catalog.find(name) === undefined ? stopWordMisfit(settings) : undefined;
    if (misfit !== undefined) throw new HedgerowError("invalid_request", misfit.detail, [misfit]);
    const { kind, definition } = await this.log.createIndex(name, settings);
    if (kind === "differs") {
      const detail = `the index "${name}" stands with other settings; GET it to compare, or create another and switch an alias`;
      throw new HedgerowError("index_exists", detail);
    }
    await this.#definitions.refresh();
    const index = this.catalog.find(name);
    if (index?.definition.incarnation !== definition.incarnation)
      throw new HedgerowError("index_not_found", `"${name}" was dropped while it was created`);
    const untilMs = this.clock.nowMs() + creationWaitMs;
    await waitForSequence(index, 0, { waits: this.#waits, untilMs, onGone: () => undefined });
    return { kind, index };
  }

  /** What an index is created with. One that stands keeps its salt: asking for it again must find it the same. */
  settingsFor(name: string, body: IndexBody): IndexSettings {
    const { defaults, topology } = this.#options;
    const { shards = defaults.shards, replicas = defaults.replicas } = body;
    const known = this.catalog.find(name)?.definition.settings.placementSalt;
    const settings = settingsFrom(body, {
      shards,
      replicas,
      placementSalt: known ?? topology.saltFor(name, { shards, replicas }),
    });
    const misfit = synonymMisfit(settings);
    if (misfit !== undefined) throw new HedgerowError("invalid_request", misfit.detail, [misfit]);
    return settings;
  }

  async dropIndex(name: string): Promise<boolean> {
    this.catalog.requireWhole();
    const dropped = await this.log.dropIndex(name);
    // Another root may have created it anew by now: what is let go is for the log to say.
    await this.#definitions.refresh();
    return dropped;
  }

  async setAliases(set: Readonly<Record<string, string | null>>): Promise<Readonly<Record<string, string>>> {
    this.catalog.requireWhole();
    await this.log.setAliases({ ...set });
    this.catalog.setAliases(await this.log.aliases());
    return this.catalog.aliases;
  }

  /**
   * Appends to the index that the documents were checked against; resolves once that is durable. Where it was dropped and
   * made anew meanwhile, they go into the new one if that has the same settings.
   */
  async write(
    checked: IndexDefinition,
    writes: readonly DocumentWrite[],
    idempotencyKey: string | undefined,
  ): Promise<Appended> {
    if (writes.length === 0) return { kind: "appended", outcomes: [], sequence: await this.log.head() };
    requireRoom(this.catalog.find(checked.index), writes);
    return appendToStanding(checked, {
      append: (to) => this.#metered(this.log.append(to, writes, idempotencyKey)),
      standing: async () => {
        await this.#definitions.refresh();
        return this.catalog.find(checked.index)?.definition;
      },
    });
  }

  async #metered<Result>(append: Promise<Result>): Promise<Result> {
    const beganMs = this.clock.nowMs();
    try {
      const result = await append;
      this.#meter?.append.acknowledged.inc();
      return result;
    } catch (error) {
      this.#meter?.append.failed.inc();
      throw error;
    } finally {
      this.#meter?.append.seconds.observe((this.clock.nowMs() - beganMs) / 1000);
    }
  }

  /**
   * Takes a leaf's announcement. Answers how often to repeat it, and of the replicas that it holds for this root, how
   * many are still to be taken over by others and how many stay. Throws `name_taken`.
   */
  async welcome(leaf: LeafAnnouncement): Promise<{ beatMs: number; departing: number; staying: number }> {
    const { membership, topology } = this.#options;
    await membership.announce(leaf);
    return { beatMs: membership.beatMs, ...topology.holdings(leaf.name) };
  }

  /** Takes a leaf off that has announced itself: see `Membership.remove`. */
  dismiss(name: string, departed: Departed): Promise<boolean> {
    return this.#options.membership.remove(name, departed);
  }

  /** How many replicas are on their way to where placement wants them. */
  get moving(): { arriving: number; departing: number } {
    return this.#options.topology.moving;
  }

  cluster(): Record<string, unknown> {
    return { root: this.#options.name, ...clusterReport(this.#seen()) };
  }

  /** Shows what this root does and how fast, at every scrape anew. */
  show(metrics: Metrics): void {
    this.#meter = meterService(metrics);
    showRoot(metrics, this.#seen());
    const { freshness, membership } = this.#options;
    showReplicas(metrics, this.#seen(), freshness);
    metrics.total("hedgerow_root_leaves_lost_total", () => [{ labels: {}, value: membership.lost }]);
    showInstantAnswers(metrics, this.#parts.instant);
  }

  #seen(): SeenByRoot {
    const { topology, resources, admission } = this.#options;
    const { catalog, clock } = this;
    const [searches, answers] = [this.#searches, this.#answers];
    return { catalog, topology, policy: resources.policy, clock, admission, searches, answers };
  }
}
