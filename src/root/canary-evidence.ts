import type { Canary, CanaryDecision, CrashEvidence } from "../policy/canary.ts";
import type { ReplicaHealth } from "../policy/replica.ts";
import type { ShardHealth } from "../policy/shard.ts";
import type { Clock } from "../time.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { ShardReport } from "./gather-contract.ts";
import type { LeafLink } from "./leaf-link.ts";

/** One replica, as far as trying a query on it goes. */
export type GuardedFeed = { health: ReplicaHealth; link: Pick<LeafLink, "search" | "cancel" | "state"> };

/** A query that is about to be sent to all shards. */
export type GuardedQuery = {
  /** See `plan-shape`. */
  shape: string;
  words: () => string;
  plan: Uint8Array;
  shards: readonly { health: ShardHealth; feeds: readonly GuardedFeed[] }[];
  deadlineMs: number;
  queryClass: number;
  /** Hears of every leaf that was asked before the others. */
  onLead?: (attempt: AttemptRecord) => void;
};

/** Which life of which leaf a query seems to have ended; `seen`: it was there when the leaf died, one among others. */
type Accusation = { feed: GuardedFeed; life: string; evidence: CrashEvidence | "seen" };

/** Which queries are refused after a leaf has died: all of a shape, or those of that shape with the same words. */
export type Conviction = { shape: string; refused: "shape" | "words"; leaf: string; forS: number };

/** Leaves of one host, or of one zone, that go down together do so within this time of each other. */
const togetherMs = 2_000;
/** Lives that are remembered of each query. */
const livesMax = 16;
const shapesMax = 10_000;

/**
 * Keeps what the deaths of leaves say of queries: which life of which leaf a query seems to have ended, so that it is
 * acquitted when that very life answers again. A shape that was never answered can be convicted as a whole; of one that
 * was, only the very words can, or one death would cost everybody who asks the like.
 */
export class CanaryEvidence {
  readonly #parts: { canary: Canary; clock: Clock };
  /** Shapes that some leaf has answered, the one that was first so first. */
  readonly #answered = new Set<string>();
  /** By shape, and by words. */
  readonly #evidence = new Map<string, { feed: GuardedFeed; lives: Set<string> }>();
  #onConvicted: (conviction: Conviction) => void = () => undefined;

  constructor(parts: { canary: Canary; clock: Clock }) {
    this.#parts = parts;
  }

  /** Says where convictions are told from now on: whoever is refused hears of a fault of theirs. */
  tellConvictions(onConvicted: (conviction: Conviction) => void): void {
    this.#onConvicted = onConvicted;
  }

  /** Whether nothing is held against any query. */
  isCalm(): boolean {
    return this.#parts.canary.isCalm(this.#parts.clock.nowMs());
  }

  /** Whether a leaf has answered a query of the shape. */
  hasAnswered(shape: string): boolean {
    return this.#answered.has(shape);
  }

  /** A leaf has died on which the query was tried; `alone`: with nothing beside queries of its shape. */
  hold(query: GuardedQuery, feed: GuardedFeed, death: { life: string; alone: boolean }): void {
    this.#accuse(query, { feed, life: death.life, evidence: this.#evidenceOf(query, feed, death) });
  }

  /** Words are only looked at where anything at all is held against any: on a calm day no query pays for it. */
  decide(query: GuardedQuery, nowMs: number): CanaryDecision {
    const { canary } = this.#parts;
    if (canary.isCalm(nowMs)) return { kind: "all" };
    const { shape, words } = query;
    const asked = [shape, words()];
    const others = this.#diedWithout(query);
    for (const name of asked) this.#acquit(name, others);
    const decisions = asked.map((name) => canary.decide(name, nowMs));
    const refused = decisions.find(({ kind }) => kind === "refused");
    return refused ?? decisions.find(({ kind }) => kind === "one-first") ?? { kind: "all" };
  }

  /** Takes note of leaves that were lost while the query was under way there. */
  review(query: GuardedQuery, reports: readonly Pick<ShardReport, "errors">[]): void {
    reports.forEach(({ errors }, shard) => {
      if (!errors.includes("disconnected")) return;
      for (const feed of query.shards[shard]?.feeds ?? []) {
        const { connected, lost, leaf } = feed.link.state();
        if (connected || lost?.abruptly !== true || leaf === undefined) continue;
        this.#accuse(query, { feed, life: leaf.bootId, evidence: "seen" });
      }
    });
  }

  /** Takes note that a leaf has answered the query, which speaks for its words and for its shape. */
  trust({ shape, words }: GuardedQuery): void {
    const { canary, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (!canary.isCalm(nowMs)) for (const name of [shape, words()]) canary.survived(name, nowMs);
    this.#answered.add(shape);
    if (this.#answered.size <= shapesMax) return;
    const [first] = this.#answered;
    if (first !== undefined) this.#answered.delete(first);
  }

  /**
   * What the death of a leaf says of the query that was tried on it. Of a shape that leaves have answered it takes two, and
   * none counts where leaves that it was not sent to die at that time.
   */
  #evidenceOf(query: GuardedQuery, feed: GuardedFeed, { alone }: { alone: boolean }): Accusation["evidence"] {
    if (this.#diedWithout(query, feed)) return "seen";
    return alone && !this.#answered.has(query.shape) ? "reported" : "coincident";
  }

  /** Whether another leaf has died lately with which the query has nothing to do: then something else kills leaves. */
  #diedWithout({ shards, words }: GuardedQuery, itself?: GuardedFeed): boolean {
    const nowMs = this.#parts.clock.nowMs();
    const accused = this.#evidence.get(words())?.lives;
    return shards.some(({ feeds }) =>
      feeds.some(({ link }) => {
        if (link === itself?.link) return false;
        const { connected, lost, leaf } = link.state();
        if (connected || lost?.abruptly !== true || leaf === undefined) return false;
        return nowMs - lost.atMs <= togetherMs && accused?.has(leaf.bootId) !== true;
      }),
    );
  }

  /** One death is one piece of evidence, however many queries it cut off. */
  #accuse({ shape, words }: GuardedQuery, { feed, life, evidence }: Accusation): void {
    const { canary, clock } = this.#parts;
    const { leaf } = feed.health;
    for (const name of [shape, words()]) {
      const lives = this.#evidence.get(name)?.lives ?? new Set();
      if (lives.has(life)) continue;
      if (this.#evidence.size >= shapesMax) this.#evidence.clear();
      this.#evidence.set(name, { feed, lives: new Set([...lives, life].slice(-livesMax)) });
      const isSpared = evidence === "seen" || (name === shape && this.#answered.has(shape));
      if (isSpared) canary.suspected(name, clock.nowMs());
      else canary.crashed(name, evidence, clock.nowMs());
      const decision = canary.decide(name, clock.nowMs());
      if (decision.kind !== "refused") continue;
      const forS = Math.ceil((decision.untilMs - clock.nowMs()) / 1000);
      this.#onConvicted({ shape, refused: name === shape ? "shape" : "words", leaf, forS });
    }
  }

  /** Withdraws what was held against a query where only the connection had been lost, or where others die without it. */
  #acquit(name: string, othersDied: boolean): void {
    const { canary, clock } = this.#parts;
    const evidence = this.#evidence.get(name);
    if (evidence === undefined) return;
    if (othersDied) {
      canary.acquitted(name);
      canary.suspected(name, clock.nowMs());
      return;
    }
    const { connected, leaf } = evidence.feed.link.state();
    if (!connected) return;
    this.#evidence.delete(name);
    if (leaf !== undefined && evidence.lives.has(leaf.bootId)) canary.acquitted(name);
  }
}
