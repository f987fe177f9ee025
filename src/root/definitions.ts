import type { ChangeLog } from "../changes/log.ts";
import { Turns } from "../changes/turns.ts";
import { sleep, type Timers } from "../time.ts";
import type { Catalog } from "./catalog.ts";
import type { Topology } from "./topology.ts";

export type DefinitionsOptions = {
  log: Pick<ChangeLog, "indexes" | "aliases" | "onDefinitions">;
  catalog: Catalog;
  topology: Pick<Topology, "take" | "release">;
  timers: Timers;
};

const retryDelayMs = 200;

/** Keeps the catalog as the log has it: another root on the same log may create, drop and rename at any time. */
export class Definitions {
  readonly #options: DefinitionsOptions;
  readonly #turns = new Turns();
  #leave: (() => void) | undefined;
  #following = false;
  #news = false;
  #closed = false;

  constructor(options: DefinitionsOptions) {
    this.#options = options;
  }

  /** Takes up what the log knows of, and whatever changes from then on. */
  async start(): Promise<void> {
    this.#leave = this.#options.log.onDefinitions(() => this.#follow());
    await this.refresh();
  }

  /** Brings the catalog to what the log has now or later. Rejects where the log cannot be read. */
  refresh(): Promise<void> {
    // What was read first must not be taken over last.
    return this.#turns.run(() => this.#takeOver());
  }

  close(): void {
    this.#closed = true;
    this.#leave?.();
  }

  #follow(): void {
    this.#news = true;
    if (!this.#following) void this.#catchUp();
  }

  /** Nothing may wait between the last look at the news and the end: what comes in between would be heard by nobody. */
  async #catchUp(): Promise<void> {
    this.#following = true;
    while (this.#news && !this.#closed) {
      this.#news = false;
      await this.refresh().catch(() => this.#tryAgain());
    }
    this.#following = false;
  }

  /** Whoever does not hear of a drop goes on serving what is no more: the next change may be long in coming. */
  async #tryAgain(): Promise<void> {
    this.#news = true;
    if (!this.#closed) await sleep(retryDelayMs, this.#options.timers);
  }

  async #takeOver(): Promise<void> {
    const { log, catalog, topology } = this.#options;
    const aliases = await log.aliases();
    const definitions = await log.indexes();
    const standing = new Map(definitions.map((definition) => [definition.index, definition.incarnation]));
    for (const index of [...catalog.all()]) {
      const { index: name, incarnation } = index.definition;
      if (standing.get(name) === incarnation) continue;
      catalog.remove(name);
      topology.release(index);
    }
    for (const definition of definitions) {
      if (catalog.find(definition.index) === undefined) topology.take(catalog.add(definition));
    }
    catalog.setAliases(aliases);
  }
}
