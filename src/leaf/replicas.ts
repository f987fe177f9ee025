import { HedgerowError } from "../errors.ts";
import type { LogEra } from "../protocol/history.ts";
import type { LinkCalls, ReplicaStatus, ShardAddress } from "../protocol/link.ts";
import { type IndexDefinition, textFields } from "../protocol/settings.ts";
import type { StatisticsCursor, StatisticsDelta } from "../protocol/statistics.ts";
import { fieldMismatch } from "./plan-check.ts";
import { rememberPlans } from "./plan-memory.ts";
import type { PlanResolver, SearchedShard } from "./search.ts";

/** One replica as the leaf holds it, whatever it keeps its documents in. */
export type HeldReplica = SearchedShard & {
  /** The last change that it has applied. */
  readonly sequence: number;
  /** Applies a batch; resolves with the replica's sequence once everything in it is searchable. */
  apply(batch: Uint8Array, upTo: number, after?: number): Promise<number>;
  statistics(since: StatisticsCursor | undefined, limitTerms: number): StatisticsDelta;
  status(): Omit<ReplicaStatus, keyof ShardAddress>;
  /** Hears of the log's history (nothing where it tells none); false where its documents are not of it. */
  follow(eras: readonly LogEra[]): boolean;
  /** Frees everything but what is on the disk; searches that are under way may still finish. */
  close(): Promise<void>;
  /** Frees everything: nobody will ask for it again. */
  drop(): Promise<void>;
};

/** Makes or reopens a replica; what was kept of it counts only where it is on the log's history. */
export type OpenReplica = (definition: IndexDefinition, shard: number, eras: readonly LogEra[]) => Promise<HeldReplica>;

/** `catching-up`: the changes that it missed are being applied. `failed`: the last batch could not be. */
export type ReplicaState = "opening" | "catching-up" | "ready" | "failed";

export type ReplicaReport = ShardAddress & { state: ReplicaState };

/** Which sequences a batch speaks of: all of its shard's changes beyond `after`, up to `upTo`. */
export type BatchRange = { after: number; upTo: number };

/** Everything that this leaf holds. Methods that name a replica answer undefined when it is not held. */
export type Replicas = {
  /** Holds a replica, for the root behind a link where one is named. */
  open(
    definition: IndexDefinition,
    shard: number,
    wanted?: { eras?: readonly LogEra[]; from?: symbol | undefined },
  ): Promise<LinkCalls["open"]["result"]>;
  /** Drops a replica unless another root still wants it. */
  close(address: ShardAddress, from?: symbol): Promise<void>;
  /** A link is gone: what its root alone had kept from being dropped is dropped. */
  leave(from: symbol): void;
  apply(address: ShardAddress, batch: Uint8Array, range: BatchRange): Promise<number> | undefined;
  statistics(address: ShardAddress, since: StatisticsCursor | undefined): StatisticsDelta | undefined;
  status(): ReplicaStatus[];
  states(): ReplicaReport[];
  /** The latest incarnation of a shard, for people who do not know it. */
  latest(index: string, shard: number): { definition: IndexDefinition; replica: HeldReplica } | undefined;
  resolve: PlanResolver;
  /** Closes whatever is held. Resolves when nothing of it runs, nor of what was being dropped. */
  closeAll(): Promise<void>;
};

type Entry = {
  definition: IndexDefinition;
  shard: number;
  opening: Promise<HeldReplica>;
  replica: HeldReplica | undefined;
  textFieldCount: number;
  state: ReplicaState;
  /** Batches that were handed over and are not searchable yet. */
  applying: number;
  /** The links of the roots that have asked for it. */
  wantedBy: Set<symbol>;
  /** Some root wants it no more, and nobody has asked for it since. */
  released: boolean;
};

/** Terms in one page of statistics: what one page costs the thread stays well below a millisecond. */
const statisticsTermsMax = 4000;

/** An empty leaf that opens its replicas with `openReplica`. */
export function createReplicas(openReplica: OpenReplica): Replicas {
  const entries = new Map<string, Entry>();
  const planOf = rememberPlans();

  const held = (address: ShardAddress): HeldReplica | undefined => entries.get(keyOf(address))?.replica;

  const dropping = new Map<string, Promise<void>>();

  const drop = (key: string, entry: Entry): Promise<void> => {
    entries.delete(key);
    const done = (async () => {
      const replica = await entry.opening.catch(() => undefined);
      await replica?.drop();
    })().finally(() => {
      // One that was opened anew meanwhile may be on its way out as well.
      if (dropping.get(key) === done) dropping.delete(key);
    });
    dropping.set(key, done);
    return done;
  };

  /** Frees earlier lives of the same shard: nobody may ask for them again. */
  const dropEarlier = ({ index, incarnation }: IndexDefinition, shard: number): Promise<void>[] =>
    [...entries].flatMap(([key, entry]) => {
      const { definition } = entry;
      const isEarlier = definition.index === index && entry.shard === shard && definition.incarnation < incarnation;
      return isEarlier ? [drop(key, entry)] : [];
    });

  const begin = (definition: IndexDefinition, shard: number, opening: Promise<HeldReplica>): Entry => {
    const key = keyOf({ ...definition, shard });
    const entry: Entry = {
      definition,
      shard,
      opening,
      replica: undefined,
      textFieldCount: textFields(definition.settings).length,
      state: "opening",
      applying: 0,
      wantedBy: new Set(),
      released: false,
    };
    entries.set(key, entry);
    entry.opening.then(
      (replica) => {
        entry.replica = replica;
        entry.state = "ready";
      },
      () => {
        if (entries.get(key) === entry) entries.delete(key);
      },
    );
    return entry;
  };

  const apply = async (entry: Entry, replica: HeldReplica, batch: BatchRange & { bytes: Uint8Array }) => {
    entry.applying++;
    if (entry.state === "ready" && replica.sequence === 0 && batch.after === 0) entry.state = "catching-up";
    try {
      const sequence = await replica.apply(batch.bytes, batch.upTo, batch.after);
      if (entry.applying === 1) entry.state = "ready";
      return sequence;
    } catch (error) {
      // A page that leaves a gap says how far its root has come, and nothing of the replica.
      if (!(error instanceof HedgerowError && error.code === "not_ready")) entry.state = "failed";
      throw error;
    } finally {
      entry.applying--;
    }
  };

  const open: Replicas["open"] = async (definition, shard, wanted = {}) => {
    const { eras = [], from } = wanted;
    const key = keyOf({ ...definition, shard });
    const known = entries.get(key);
    if (known?.replica?.follow(eras) === false) drop(key, known);
    const own = dropping.get(key);
    const leaving = [...(own === undefined ? [] : [own]), ...dropEarlier(definition, shard)];
    // There at once: whoever wants it no more while the disk is waited for must find it.
    const entry =
      entries.get(key) ??
      begin(
        definition,
        shard,
        after(leaving, () => openReplica(definition, shard, eras)),
      );
    if (from !== undefined) entry.wantedBy.add(from);
    entry.released = false;
    const [replica] = await Promise.all([entry.opening, ...leaving]);
    // It may have been opened for who asked before, and so by what was then the log's history.
    if (entries.get(key) === entry && !replica.follow(eras)) return open(definition, shard, wanted);
    return { sequence: replica.sequence, documents: replica.status().documents };
  };

  return {
    open,
    async close(address, from) {
      const key = keyOf(address);
      const entry = entries.get(key);
      if (entry === undefined) return;
      if (from !== undefined) entry.wantedBy.delete(from);
      entry.released = true;
      if (from === undefined || entry.wantedBy.size === 0) await drop(key, entry);
    },
    leave(from) {
      for (const [key, entry] of entries) {
        const wasWanted = entry.wantedBy.delete(from);
        if (wasWanted && entry.released && entry.wantedBy.size === 0) drop(key, entry).catch(() => undefined);
      }
    },
    apply(address, bytes, range) {
      const entry = entries.get(keyOf(address));
      return entry?.replica === undefined ? undefined : apply(entry, entry.replica, { ...range, bytes });
    },
    statistics: (address, since) => held(address)?.statistics(since, statisticsTermsMax),
    status() {
      return [...entries.values()].flatMap((entry) =>
        entry.replica === undefined ? [] : [{ ...addressOf(entry), ...entry.replica.status() }],
      );
    },
    states: () => [...entries.values()].map((entry) => ({ ...addressOf(entry), state: entry.state })),
    latest(index, shard) {
      let found: Entry | undefined;
      for (const entry of entries.values()) {
        if (entry.definition.index !== index || entry.shard !== shard || entry.replica === undefined) continue;
        if (found === undefined || entry.definition.incarnation > found.definition.incarnation) found = entry;
      }
      return found?.replica === undefined ? undefined : { definition: found.definition, replica: found.replica };
    },
    resolve(bytes, shard) {
      const reading = planOf(bytes);
      if (reading.kind === "unfit") return { kind: "refused", error: { code: "bad_plan", detail: reading.detail } };
      const { plan } = reading;
      const entry = entries.get(keyOf({ index: plan.index, incarnation: plan.incarnation, shard }));
      if (entry === undefined) {
        const detail = `shard ${shard} of ${plan.index} (${plan.incarnation}) is not held here`;
        return { kind: "refused", error: { code: "unknown_shard", detail } };
      }
      if (entry.replica === undefined) {
        return { kind: "refused", error: { code: "not_ready", detail: "the replica is being opened" } };
      }
      const mismatch = fieldMismatch(plan, entry.textFieldCount);
      if (mismatch !== undefined) return { kind: "refused", error: { code: "bad_plan", detail: mismatch } };
      return { kind: "found", plan, shard: entry.replica };
    },
    async closeAll() {
      const all = [...entries.values()];
      entries.clear();
      // What is being dropped may still write: whatever it writes with must not go first. Others hear of its failures.
      await Promise.allSettled(dropping.values());
      await Promise.all(all.map(async ({ opening }) => (await opening.catch(() => undefined))?.close()));
    },
  };
}

/** What is being dropped is still on the disk: opening it now would read what is about to go. */
async function after<Result>(leaving: readonly Promise<void>[], open: () => Promise<Result>): Promise<Result> {
  if (leaving.length > 0) await Promise.all(leaving);
  return open();
}

function keyOf({ index, incarnation, shard }: ShardAddress): string {
  return `${shard}/${incarnation}/${index}`;
}

function addressOf({ definition, shard }: Entry): ShardAddress {
  return { index: definition.index, incarnation: definition.incarnation, shard };
}
