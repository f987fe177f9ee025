import { HedgerowError } from "../errors.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { TailPolicy } from "../policy/tail.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { createPlanContext, type PlanContext } from "../query/context.ts";
import type { Grant } from "../security/access.ts";
import type { ReplicaFeed } from "./feed.ts";

/**
 * Stands in the log while a restore is under way, under a name that nobody can give: whatever becomes of the root, what
 * is half restored cannot be taken for whole.
 */
export const restoringIndex = "_restoring";

/** One shard of an index: its replicas, those that are only coming or going too, and their health for the tail policy. */
export type CatalogShard = {
  feeds: ReplicaFeed[];
  health: ShardHealth;
  /** The last append of the shard that this root has heard of. */
  appendedSequence: number;
};

/** One index as this root knows it: what planning needs, and who holds what. */
export type CatalogIndex = PlanContext & {
  shards: CatalogShard[];
};

/** The indexes and aliases that this root serves, in memory. The change log has the truth. */
export class Catalog {
  readonly #indexes = new Map<string, CatalogIndex>();
  readonly #termsMax: number;
  readonly #policy: TailPolicy;
  #aliases: Readonly<Record<string, string>> = {};

  constructor(options: { termsMax: number; policy: TailPolicy }) {
    this.#termsMax = options.termsMax;
    this.#policy = options.policy;
  }

  /**
   * The index behind a name or an alias, for whoever asks. Throws `index_not_found`, or `not_ready` while a restore is not
   * finished.
   */
  get(name: string, grant: Pick<Grant, "covers">): CatalogIndex {
    const index = this.behind(name);
    if (index === undefined) throw this.missing(name, grant);
    this.requireWhole();
    return index;
  }

  /** The error of a name that no index has: what has it, if anything, or what there is that whoever asks may know of. */
  missing(name: string, grant: Pick<Grant, "covers">): HedgerowError {
    const target = this.#alias(name);
    if (target !== undefined) {
      const fix = `POST /v1/aliases {"set": {"${name}": null}} removes it`;
      return new HedgerowError("index_not_found", `"${name}" is no index but an alias of "${target}"; ${fix}`);
    }
    const known = this.names().filter((one) => grant.covers(one));
    const others = known.length === 0 ? "" : `; there is ${known.slice(0, 20).join(", ")}`;
    return new HedgerowError("index_not_found", `there is no index "${name}"${others}`);
  }

  /** The index behind a name or an alias, whoever asks. */
  behind(name: string): CatalogIndex | undefined {
    return this.find(name) ?? this.find(this.#alias(name) ?? "");
  }

  /** The index of that very name. */
  find(name: string): CatalogIndex | undefined {
    return this.#indexes.get(name);
  }

  /** Whether an index stands: that very life of its name. */
  holds(index: CatalogIndex): boolean {
    return this.#indexes.get(index.definition.index) === index;
  }

  /** Whether what stands is only a part of what a restore is to bring. */
  get restoring(): boolean {
    return this.#indexes.has(restoringIndex);
  }

  /** Throws `not_ready` while a restore is not finished. */
  requireWhole(): void {
    if (!this.restoring) return;
    const detail = "a restore is under way, or broke off; hedgerow restore begins it anew and clears away what is here";
    throw new HedgerowError("not_ready", detail);
  }

  names(): string[] {
    return [...this.#indexes.keys()].sort();
  }

  all(): IterableIterator<CatalogIndex> {
    return this.#indexes.values();
  }

  /** Takes up an index, with no replicas yet. */
  add(definition: IndexDefinition): CatalogIndex {
    const shards = Array.from({ length: definition.settings.shards }, () => ({
      feeds: [],
      health: this.#policy.shard([], 0),
      appendedSequence: 0,
    }));
    const index: CatalogIndex = { ...createPlanContext(definition, this.#termsMax), shards };
    this.#indexes.set(definition.index, index);
    return index;
  }

  /** Forgets an index. */
  remove(name: string): void {
    this.#indexes.delete(name);
  }

  setAliases(aliases: Readonly<Record<string, string>>): void {
    this.#aliases = aliases;
  }

  get aliases(): Readonly<Record<string, string>> {
    return this.#aliases;
  }

  #alias(name: string): string | undefined {
    return Object.hasOwn(this.#aliases, name) ? this.#aliases[name] : undefined;
  }
}
