import type { ChangeLog } from "../changes/log.ts";
import type { Catalog } from "./catalog.ts";
import type { Topology } from "./topology.ts";

export type DefinitionsOptions = {
  log: Pick<ChangeLog, "indexes" | "aliases" | "onDefinitions">;
  catalog: Catalog;
  topology: Topology;
};

/** Keeps the catalog as the log has it: another root on the same log may create, drop and rename at any time. */
export class Definitions {
  readonly #options: DefinitionsOptions;
  #leave: (() => void) | undefined;
  #following: Promise<void> | undefined;
  #news = false;

  constructor(options: DefinitionsOptions) {
    this.#options = options;
  }

  /** Takes up what the log knows of, and whatever changes from then on. */
  async start(): Promise<void> {
    this.#leave = this.#options.log.onDefinitions(() => this.#follow());
    await this.#takeOver();
  }

  close(): void {
    this.#leave?.();
  }

  #follow(): void {
    this.#news = true;
    this.#following ??= this.#catchUp().finally(() => {
      this.#following = undefined;
    });
  }

  async #catchUp(): Promise<void> {
    while (this.#news) {
      this.#news = false;
      // A log that is closing has nothing more to say.
      await this.#takeOver().catch(() => undefined);
    }
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
