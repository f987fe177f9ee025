import { HedgerowError } from "../errors.ts";
import type { Clock } from "../time.ts";
import { coversAll, coversIndex, type Key, KeyRing, type Scope } from "./keys.ts";
import { TokenBucket } from "./rate-limit.ts";

/** What a request needs: nothing, or a scope, on one index, on all of them, or on none in particular. */
export type Need = { kind: "nothing" } | { kind: "scope"; scope: Scope; on: "index" | "all" | "none" };

/** What the holder of a key may do in a request. Without keys everybody may do everything. */
export type Grant = {
  /** The key's name; undefined where there are no keys. */
  readonly name: string | undefined;
  /** Whether the key is for an index, by the name that its holder uses. */
  covers(index: string): boolean;
  /** The milliseconds that a search gets which asks for so many, or for none. */
  budgetMs(askedMs: number | undefined, defaultMs: number): number;
};

/** The grant of everybody where there are no keys. */
export const fullGrant: Grant = {
  name: undefined,
  covers: () => true,
  budgetMs: (askedMs, defaultMs) => askedMs ?? defaultMs,
};

const bearer = "bearer ";

/** Who may do what: the keys that stand, and how much of its rate each has left. */
export class Access {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, TokenBucket>();
  #ring: KeyRing;

  constructor(keys: readonly Key[], clock: Clock) {
    this.#clock = clock;
    this.#ring = new KeyRing(keys);
  }

  get size(): number {
    return this.#ring.size;
  }

  /** Takes other keys from now on. A key that stays keeps what it has used of its rate. */
  replace(keys: readonly Key[]): void {
    this.#ring = new KeyRing(keys);
    const standing = new Map(keys.map((key) => [key.id, key]));
    for (const [id, bucket] of this.#buckets) {
      const key = standing.get(id);
      if (key?.requestsPerS === undefined) this.#buckets.delete(id);
      else bucket.adjust(rateOf(key, key.requestsPerS));
    }
  }

  /**
   * The grant of a request, by its `Authorization` header. Throws `unauthenticated` where the key is missing or
   * unknown, `rate_limited` where it has been used too often, `forbidden` where it is not enough.
   */
  admit(authorization: string | undefined, need: Need, index: string | undefined): Grant {
    if (need.kind === "nothing") return fullGrant;
    const key = this.#keyOf(authorization);
    this.#spend(key);
    if (!key.scopes.includes(need.scope)) {
      throw new HedgerowError("forbidden", `the key "${key.name}" lacks the scope ${need.scope}`);
    }
    if (need.on === "all" && !coversAll(key)) {
      throw new HedgerowError("forbidden", `this needs a key for all indexes; "${key.name}" is for some`);
    }
    if (need.on === "index" && !coversIndex(key, index ?? "")) {
      throw new HedgerowError("forbidden", `the key "${key.name}" is not for the index "${index ?? ""}"`);
    }
    return grantOf(key);
  }

  /** The name of the key that was sent, whatever it is good for; undefined where it is none of these. */
  nameOf(authorization: string | undefined): string | undefined {
    return authorization === undefined ? undefined : this.#find(authorization)?.name;
  }

  #find(authorization: string): Key | undefined {
    const isBearer = authorization.slice(0, bearer.length).toLowerCase() === bearer;
    return isBearer ? this.#ring.find(authorization.slice(bearer.length)) : undefined;
  }

  #keyOf(authorization: string | undefined): Key {
    if (authorization === undefined) {
      throw new HedgerowError("unauthenticated", "send a key: Authorization: Bearer <token>");
    }
    const key = this.#find(authorization);
    if (key === undefined) throw new HedgerowError("unauthenticated", "the key that was sent is not known here");
    return key;
  }

  #spend(key: Key): void {
    if (key.requestsPerS === undefined) return;
    const nowMs = this.#clock.nowMs();
    let bucket = this.#buckets.get(key.id);
    if (bucket === undefined) {
      bucket = new TokenBucket(rateOf(key, key.requestsPerS), nowMs);
      this.#buckets.set(key.id, bucket);
    }
    const waitMs = bucket.take(nowMs);
    if (waitMs === 0) return;
    const detail = `the key "${key.name}" may ask ${key.requestsPerS} times a second`;
    throw new HedgerowError("rate_limited", detail).withFacts({ retryAfterS: Math.ceil(waitMs / 1000) });
  }
}

function rateOf({ burst }: Key, perS: number): { perS: number; burst: number } {
  return { perS, burst: Math.max(1, burst ?? perS) };
}

function grantOf(key: Key): Grant {
  return {
    name: key.name,
    covers: (index) => coversIndex(key, index),
    budgetMs: (askedMs, defaultMs) =>
      Math.min(askedMs ?? key.budgetMs ?? defaultMs, key.budgetMsMax ?? Number.POSITIVE_INFINITY),
  };
}
