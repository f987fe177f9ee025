import type { ChangeLog } from "../changes/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Clock, Timers } from "../time.ts";
import type { Catalog } from "./catalog.ts";
import { clusterReport } from "./cluster-report.ts";
import { Definitions } from "./definitions.ts";
import type { Freshness } from "./freshness.ts";
import { IndexAdmin, type IndexAdminOptions } from "./index-admin.ts";
import { showInstantAnswers } from "./instant-meters.ts";
import type { Departed, LeafAnnouncement, Membership } from "./membership.ts";
import { showRoot } from "./meters.ts";
import { showReplicas } from "./replica-meters.ts";
import { Searches, type SearchesOptions } from "./searches.ts";
import type { SeenByRoot } from "./seen-by-root.ts";
import { meterService } from "./service-meter.ts";
import type { Topology } from "./topology.ts";
import { Waits } from "./waits.ts";
import { Writes, type WritesOptions } from "./writes.ts";

export type ServiceOptions = {
  name: string;
  topology: Topology;
  membership: Membership;
  log: ChangeLog;
  freshness: Freshness;
} & SearchesOptions &
  IndexAdminOptions &
  WritesOptions;

/** What the root's routes do, apart from HTTP. */
export class RootService {
  readonly catalog: Catalog;
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly searches: Searches;
  readonly indexes: IndexAdmin;
  readonly writes: Writes;
  readonly #options: ServiceOptions;
  readonly #definitions: Definitions;
  /** Set while the process finishes what it has and takes no more. */
  draining = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { catalog, log, resources } = options;
    const { clock, timers } = resources;
    const definitions = new Definitions({ ...options, timers });
    const waits = new Waits(resources);
    this.catalog = catalog;
    this.log = log;
    this.clock = clock;
    this.timers = timers;
    this.searches = new Searches({ ...options, waits });
    this.indexes = new IndexAdmin({ ...options, definitions, waits, clock });
    this.writes = new Writes({ ...options, definitions, clock });
    this.#definitions = definitions;
  }

  /** Takes up what the log knows of, and follows it: to be called once, before the first request. */
  start(): Promise<void> {
    return this.#definitions.start();
  }

  /** Takes up now what the log says stands, rather than a moment later. */
  refresh(): Promise<void> {
    return this.#definitions.refresh();
  }

  /** Stops following the log. */
  close(): void {
    this.#definitions.close();
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
    const { search, append } = meterService(metrics);
    this.searches.meter(search);
    this.writes.meter(append);
    showRoot(metrics, this.#seen());
    const { freshness, membership } = this.#options;
    showReplicas(metrics, this.#seen(), freshness);
    metrics.total("hedgerow_root_leaves_lost_total", () => [{ labels: {}, value: membership.lost }]);
    showInstantAnswers(metrics, this.searches.instant);
  }

  #seen(): SeenByRoot {
    const { topology, resources, admission } = this.#options;
    const { catalog, clock } = this;
    const { tally: searches, answers } = this.searches;
    return { catalog, topology, policy: resources.policy, clock, admission, searches, answers };
  }
}
