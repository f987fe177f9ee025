import type { ChangeLog } from "../changes/log.ts";
import { HedgerowError, invalidAt } from "../errors.ts";
import { boostMisfit, type IndexBody, type IndexDefaults, settingsFrom } from "../protocol/index-request.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { stopWordMisfit } from "../query/stop-words.ts";
import { synonymMisfit } from "../query/synonyms.ts";
import type { Clock } from "../time.ts";
import type { Catalog, CatalogIndex } from "./catalog.ts";
import type { Definitions } from "./definitions.ts";
import { waitForSequence } from "./own-write.ts";
import type { Topology } from "./topology.ts";
import { type Waits, whileStanding } from "./waits.ts";

export type IndexAdminOptions = {
  catalog: Catalog;
  topology: Pick<Topology, "saltFor">;
  log: Pick<ChangeLog, "createIndex" | "dropIndex" | "setAliases">;
  defaults: Omit<IndexDefaults, "placementSalt">;
};

const creationWaitMs = 5_000;

/** Creates and drops indexes and switches aliases: the log decides, and the catalog follows before anyone is answered. */
export class IndexAdmin {
  readonly #options: IndexAdminOptions & { definitions: Definitions; waits: Waits; clock: Clock };

  constructor(options: IndexAdminOptions & { definitions: Definitions; waits: Waits; clock: Clock }) {
    this.#options = options;
  }

  /** Creates an index and waits until it can be searched, if that does not take too long. */
  async create(name: string, body: IndexBody): Promise<{ kind: "created" | "stands"; index: CatalogIndex }> {
    const { catalog, log, definitions, waits, clock } = this.#options;
    catalog.requireWhole();
    const settings = this.settingsFor(name, body);
    // One that stands may have such as were let pass once.
    const misfit = catalog.find(name) === undefined ? (boostMisfit(settings) ?? stopWordMisfit(settings)) : undefined;
    if (misfit !== undefined) throw invalidAt(misfit.path, misfit.detail);
    const { kind, definition } = await log.createIndex(name, settings);
    if (kind === "differs") {
      const detail = `the index "${name}" stands with other settings; GET it to compare, or create another and switch an alias`;
      throw new HedgerowError("index_exists", detail);
    }
    await definitions.refresh();
    const index = catalog.find(name);
    if (index?.definition.incarnation !== definition.incarnation) throw droppedMeanwhile(name);
    const untilMs = clock.nowMs() + creationWaitMs;
    const untilDropped = whileStanding(waits, () => catalog.holds(index));
    await waitForSequence(index, 0, { waits: untilDropped, untilMs, onGone: () => undefined });
    if (!catalog.holds(index)) throw droppedMeanwhile(name);
    return { kind, index };
  }

  /** What an index is created with. One that stands keeps its salt: asking for it again must find it the same. */
  settingsFor(name: string, body: IndexBody): IndexSettings {
    const { catalog, defaults, topology } = this.#options;
    const { shards = defaults.shards, replicas = defaults.replicas } = body;
    const known = catalog.find(name)?.definition.settings.placementSalt;
    const settings = settingsFrom(body, {
      shards,
      replicas,
      placementSalt: known ?? topology.saltFor(name, { shards, replicas }),
    });
    const misfit = synonymMisfit(settings);
    if (misfit !== undefined) throw invalidAt(misfit.path, misfit.detail);
    return settings;
  }

  /** Drops an index. Answers the aliases that went with it, in order; undefined where there is no such index. */
  async drop(name: string): Promise<string[] | undefined> {
    const { catalog, log, definitions } = this.#options;
    catalog.requireWhole();
    const aliases = await log.dropIndex(name);
    // Another root may have created it anew by now: what is let go is for the log to say.
    await definitions.refresh();
    return aliases;
  }

  /** Points aliases at indexes, or removes them (`null`), all or none; answers all that stand then. */
  async setAliases(set: Readonly<Record<string, string | null>>): Promise<Readonly<Record<string, string>>> {
    const { catalog, log, definitions } = this.#options;
    catalog.requireWhole();
    await log.setAliases({ ...set });
    await definitions.refresh();
    return catalog.aliases;
  }
}

function droppedMeanwhile(name: string): HedgerowError {
  return new HedgerowError("index_not_found", `"${name}" was dropped while it was created`);
}
