import type { ChangeLog } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import type { IndexDefinition, IndexSettings } from "../protocol/settings.ts";
import { restoringIndex } from "./catalog.ts";

const markerSettings: IndexSettings = {
  fields: {},
  shards: 1,
  replicas: 1,
  language: "simple",
  bm25: { k1: 1.2, b: 0.75 },
  placementSalt: 0,
};

type ClaimedLog = Pick<ChangeLog, "createIndex" | "dropIndex" | "indexes">;

/**
 * One restore's right to an empty cluster: the life of the marker that it has made. Whoever begins a restore takes it
 * from one that stands, since nobody can tell whether that has broken off. Each drops by incarnation, and only what is
 * its own, so that one whose place was taken does no harm to the other.
 */
export class RestoreClaim {
  readonly #log: ClaimedLog;
  readonly #marker: IndexDefinition;
  readonly #made: IndexDefinition[] = [];

  private constructor(log: ClaimedLog, marker: IndexDefinition) {
    this.#log = log;
    this.#marker = marker;
  }

  /**
   * Resolves once the cluster is empty but for the marker, what an earlier restore left having been cleared away. Rejects
   * with `index_exists` where there are indexes and no restore is under way.
   */
  static async make(log: ClaimedLog): Promise<RestoreClaim> {
    const standing = await log.indexes();
    if (!standing.some(({ index }) => index === restoringIndex)) requireEmpty(standing);
    let hasTakenOver = false;
    for (;;) {
      const { kind, definition } = await log.createIndex(restoringIndex, markerSettings);
      if (kind === "created") {
        const claim = new RestoreClaim(log, definition);
        await (hasTakenOver ? claim.#clear() : claim.#requireEmpty());
        return claim;
      }
      // Where it is gone, the other restore has ended: how, shows what stands once there is a new marker.
      const dropped = await log.dropIndex(restoringIndex, definition.incarnation);
      if (dropped !== undefined) hasTakenOver = true;
    }
  }

  /** Rejects with `index_exists` where an index of that name has come to stand meanwhile. */
  async createIndex(name: string, settings: IndexSettings): Promise<IndexDefinition> {
    const { kind, definition } = await this.#log.createIndex(name, settings);
    if (kind !== "created") throw new HedgerowError("index_exists", `"${name}" came to stand meanwhile; begin again`);
    this.#made.push(definition);
    // Whoever took over before has cleared away without it.
    await this.requireStanding();
    return definition;
  }

  /** Rejects with `not_ready` where another restore has taken over, or something of this one was dropped. */
  async requireStanding(): Promise<void> {
    const standing = new Set((await this.#log.indexes()).map(({ incarnation }) => incarnation));
    if (!standing.has(this.#marker.incarnation)) throw takenOver();
    const gone = this.#made.find(({ incarnation }) => !standing.has(incarnation));
    if (gone !== undefined) throw new HedgerowError("not_ready", `"${gone.index}" was dropped meanwhile; begin again`);
  }

  /** Makes it count. Rejects with `not_ready` where not all of it stands. */
  async finish(): Promise<void> {
    await this.requireStanding();
    await this.#dropMarker();
  }

  /** Takes away what it has made. Rejects with `not_ready` where another restore has taken over. */
  async giveUp(): Promise<void> {
    for (const { index, incarnation } of this.#made) await this.#log.dropIndex(index, incarnation);
    await this.#dropMarker();
  }

  async #dropMarker(): Promise<void> {
    const dropped = await this.#log.dropIndex(restoringIndex, this.#marker.incarnation);
    if (dropped === undefined) throw takenOver();
  }

  /** Somebody may have created an index between the first look and the marker, and was told that it stands. */
  async #requireEmpty(): Promise<void> {
    try {
      requireEmpty(await this.#others());
    } catch (error) {
      await this.giveUp();
      throw error;
    }
  }

  /** Where it fails the marker stays: what is left is no whole restore. */
  async #clear(): Promise<void> {
    for (const { index, incarnation } of await this.#others()) await this.#log.dropIndex(index, incarnation);
  }

  async #others(): Promise<IndexDefinition[]> {
    return (await this.#log.indexes()).filter(({ index }) => index !== restoringIndex);
  }
}

function requireEmpty(standing: readonly IndexDefinition[]): void {
  if (standing.length === 0) return;
  const names = standing.map(({ index }) => index).join(", ");
  throw new HedgerowError("index_exists", `the cluster holds ${names}; a backup is restored into an empty one`);
}

function takenOver(): HedgerowError {
  return new HedgerowError("not_ready", "another restore has taken the place of this one");
}
