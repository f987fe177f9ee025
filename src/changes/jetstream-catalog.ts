import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import { requireAliases, requireNoAlias } from "./alias-rules.ts";
import { KeyWatch } from "./jetstream-key-watch.ts";
import { birthSubject, catalogStream, catalogSubject } from "./jetstream-names.ts";
import { Patience } from "./jetstream-patience.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import { Listeners } from "./listeners.ts";
import type { CreateIndexResult } from "./log.ts";
import { sameWish } from "./same-wish.ts";
import { Turns } from "./turns.ts";

/**
 * What stands under the bucket's one changing key, so that every switch is one compare-and-set. `dropped`: the
 * incarnations that may have left something behind.
 */
type Stored = { indexes: Record<string, number>; aliases: Record<string, string>; dropped?: number[] };
type Standing = Required<Stored> & { revision: number };

const standingKey = "standing";

/**
 * The indexes and aliases, in a key-value bucket: one key says what stands and is changed by compare-and-set; the
 * settings of each incarnation are under a key of their own and never change. Every root watches the first.
 */
export class JetStreamCatalog {
  readonly #server: JetStreamServer;
  readonly #turns = new Turns();
  readonly #listeners = new Listeners();
  readonly #settings = new Map<number, IndexSettings>();
  #standing: Standing = { indexes: {}, aliases: {}, dropped: [], revision: 0 };
  #definitions = new Map<string, IndexDefinition>();
  #names = new Map<number, string>();
  #watch: KeyWatch | undefined;
  #look: Promise<Stored> | undefined;

  constructor(server: JetStreamServer) {
    this.#server = server;
  }

  /** Reads what stands, and follows it from then on. */
  async open(): Promise<void> {
    await this.refresh();
    this.#watch = await KeyWatch.open(this.#server, { key: standingKey, onEntry: () => this.refresh() });
  }

  close(): void {
    this.#watch?.close();
  }

  find(index: string): IndexDefinition | undefined {
    return this.#definitions.get(index);
  }

  /** The name of the index that an incarnation is a life of, while it stands. */
  nameOf(incarnation: number): string | undefined {
    return this.#names.get(incarnation);
  }

  /** Whether an incarnation stood at some moment since this was called, whatever has been heard of it by now. */
  async stands(incarnation: number): Promise<boolean> {
    // Whoever asks in the same turn of the loop shares the answer.
    this.#look ??= Promise.resolve().then(() => {
      this.#look = undefined;
      return this.#lookNow();
    });
    return Object.values((await this.#look).indexes).includes(incarnation);
  }

  get definitions(): IndexDefinition[] {
    return [...this.#definitions.values()].sort((a, b) => (a.index < b.index ? -1 : 1));
  }

  get aliases(): Record<string, string> {
    return { ...this.#standing.aliases };
  }

  /** The incarnations that were dropped and are not forgotten yet. */
  get dropped(): readonly number[] {
    return this.#standing.dropped;
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Reads what stands now. */
  refresh(): Promise<void> {
    return this.#turns.run(() => this.#load());
  }

  create(index: string, settings: IndexSettings): Promise<CreateIndexResult> {
    let incarnation: number | undefined;
    return this.#change(async ({ indexes, aliases }) => {
      const standing = this.#definitions.get(index);
      if (standing !== undefined) {
        const kind = standing.incarnation === incarnation ? "created" : standsAs(standing.settings, settings);
        return { kind, definition: standing };
      }
      requireNoAlias(index, Object.hasOwn(aliases, index) ? aliases[index] : undefined);
      incarnation ??= await this.#giveBirth(index, settings);
      await this.#save({ indexes: { ...indexes, [index]: incarnation } });
      return { kind: "created", definition: { index, incarnation, settings } };
    });
  }

  /** Drops an index and its aliases, or only that life of it, as the log's `dropIndex` does. */
  drop(index: string, life?: number): Promise<string[] | undefined> {
    let own: { incarnation: number; aliases: string[] } | undefined;
    return this.#change(async ({ indexes, aliases, dropped }) => {
      const incarnation = this.#definitions.get(index)?.incarnation;
      const wanted = own?.incarnation ?? life ?? incarnation;
      if (incarnation === undefined || incarnation !== wanted) return own?.aliases;
      own = {
        incarnation,
        aliases: Object.keys(aliases)
          .filter((alias) => aliases[alias] === index)
          .sort(),
      };
      const rest = Object.entries(indexes).filter(([name]) => name !== index);
      const others = Object.entries(aliases).filter(([, target]) => target !== index);
      await this.#save({
        indexes: Object.fromEntries(rest),
        aliases: Object.fromEntries(others),
        dropped: [...dropped, incarnation],
      });
      return own.aliases;
    });
  }

  setAliases(set: Record<string, string | null>): Promise<void> {
    return this.#change(async ({ indexes, aliases }) => {
      requireAliases(set, (name) => Object.hasOwn(indexes, name));
      const next = new Map(Object.entries(aliases));
      for (const [alias, target] of Object.entries(set)) {
        if (target === null) next.delete(alias);
        else next.set(alias, target);
      }
      await this.#save({ aliases: Object.fromEntries(next) });
    });
  }

  /** Forgets an incarnation that was dropped and has left nothing behind but its settings. */
  async forget(incarnation: number): Promise<void> {
    await this.#server.catalog.purge(settingsKey(incarnation));
    await this.#change(async ({ dropped }) => {
      if (!dropped.includes(incarnation)) return;
      await this.#save({ dropped: dropped.filter((one) => one !== incarnation) });
    });
  }

  /** Decides on what stands and saves, again and again until nobody else has changed it in between. */
  async #change<T>(decide: (standing: Required<Stored>) => Promise<T>): Promise<T> {
    const result = await this.#turns.run(() =>
      new Patience().change(async () => {
        await this.#load();
        return decide(this.#standing);
      }),
    );
    await this.refresh();
    return result;
  }

  async #save(next: Partial<Stored>): Promise<void> {
    const { revision, ...standing } = this.#standing;
    await this.#server.catalog.put(standingKey, JSON.stringify({ ...standing, ...next }), { previousSeq: revision });
  }

  /** An incarnation is a sequence of the change stream, so that it grows with every life of every index. */
  async #giveBirth(index: string, settings: IndexSettings): Promise<number> {
    const { seq } = await this.#server.client.publish(birthSubject(index));
    await this.#server.catalog.put(settingsKey(seq), JSON.stringify(settings));
    return seq;
  }

  async #lookNow(): Promise<Stored> {
    const message = await this.#server.last(catalogStream, catalogSubject(standingKey));
    const isKnown = message === undefined || message.seq === this.#standing.revision;
    return isKnown ? this.#standing : message.json();
  }

  async #load(): Promise<void> {
    const message = await this.#server.last(catalogStream, catalogSubject(standingKey));
    if (message === undefined || message.seq === this.#standing.revision) return;
    const stored: Stored = message.json();
    const definitions = new Map<string, IndexDefinition>();
    for (const [index, incarnation] of Object.entries(stored.indexes)) {
      definitions.set(index, { index, incarnation, settings: await this.#settingsOf(incarnation) });
    }
    this.#standing = { dropped: [], ...stored, revision: message.seq };
    this.#definitions = definitions;
    this.#names = new Map([...definitions.values()].map(({ index, incarnation }) => [incarnation, index]));
    for (const incarnation of this.#settings.keys()) {
      if (!this.#names.has(incarnation)) this.#settings.delete(incarnation);
    }
    this.#listeners.tell();
  }

  async #settingsOf(incarnation: number): Promise<IndexSettings> {
    const known = this.#settings.get(incarnation);
    if (known !== undefined) return known;
    const message = await this.#server.last(catalogStream, catalogSubject(settingsKey(incarnation)));
    // Whoever has dropped the index since this was read takes its settings away: reading again shows that.
    if (message === undefined) throw new Error(`the settings of incarnation ${incarnation} are gone`);
    const settings: IndexSettings = message.json();
    this.#settings.set(incarnation, settings);
    return settings;
  }
}

function settingsKey(incarnation: number): string {
  return `settings.${incarnation}`;
}

function standsAs(standing: IndexSettings, asked: IndexSettings): "stands" | "differs" {
  return sameWish(standing, asked) ? "stands" : "differs";
}
