import { describe, expect, it } from "vitest";
import { Canary } from "../../src/policy/canary.ts";
import type { ReplicaHealth } from "../../src/policy/replica.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import { CanaryGuard } from "../../src/root/canary-attempt.ts";
import type { Conviction, GuardedFeed, GuardedQuery } from "../../src/root/canary-evidence.ts";
import type { AttemptErrorCode } from "../../src/root/gather-contract.ts";
import type { LeafLinkState } from "../../src/root/leaf-link.ts";
import { seededRandom } from "../../src/time.ts";
import { virtualTime } from "../support/virtual-time.ts";

const reply = {
  outcome: "complete" as const,
  documents: 1,
  documentsTotal: 1,
  sequence: 1,
  total: 0,
  totalExact: true,
  hits: [],
  documentSizesBytes: [],
  queuedMs: 0,
  tookMs: 1,
};

/**
 * Leaves that die of queries whose plan is 1, and a guard before them. `others`: searches under way beside them; `code`:
 * what they say to all queries, where they do.
 */
function guarded({ others = 0, returnsAlive = false, code }: Leaves = {}) {
  const time = virtualTime();
  const policy = new TailPolicy({ random: seededRandom(1) });
  const asked: string[] = [];
  const dead = new Set<string>();
  const diedMs = new Map<string, number>();
  const die = (leaf: string, health: ReplicaHealth): void => {
    dead.add(leaf);
    diedMs.set(leaf, time.clock.nowMs());
    health.reachable = false;
  };
  const feedOf = (leaf: string): GuardedFeed => {
    const health = policy.replica({ leaf });
    let lives = 1;
    const state = (): LeafLinkState => ({
      url: "",
      connected: health.reachable,
      rttMs: 0,
      inflight: 0,
      leaving: false,
      leaf: { name: leaf, bootId: `${leaf}-${lives}` },
      trouble: undefined,
      lost: dead.has(leaf) ? { searches: 1 + others, abruptly: true, atMs: diedMs.get(leaf) ?? 0 } : undefined,
    });
    return {
      health,
      link: {
        state,
        cancel: () => undefined,
        search(search, handler) {
          asked.push(leaf);
          time.timers.after(1, () => {
            if (code !== undefined) {
              handler.onError(1, { code, detail: "" });
              return;
            }
            if (search.plan[0] !== 1) {
              handler.onReply(1, reply, Buffer.alloc(0));
              return;
            }
            die(leaf, health);
            handler.onError(1, { code: "disconnected", detail: "" });
            time.timers.after(1000, () => {
              if (!returnsAlive) lives++;
              health.reachable = true;
            });
          });
          return 1;
        },
      },
    };
  };
  const shards = [0, 1, 2].map((shard) => {
    const feeds = ["a", "b"].map((name) => feedOf(`${name}${shard}`));
    return {
      feeds,
      health: policy.shard(
        feeds.map(({ health }) => health),
        1,
      ),
    };
  });
  const failed: AttemptErrorCode[] = [];
  const guard = new CanaryGuard({
    canary: new Canary(),
    policy,
    clock: time.clock,
    timers: time.timers,
    onFailed: (code) => void failed.push(code),
  });
  const convictions: Conviction[] = [];
  guard.tellConvictions((conviction) => void convictions.push(conviction));
  const queryOf = (shape: string, plan: Uint8Array): GuardedQuery => ({
    ...{ shape, plan, shards, deadlineMs: time.clock.nowMs() + 250, queryClass: 0 },
    words: () => `${shape} ${plan[0]}`,
  });
  /** How the guard decided, with time moving on meanwhile. */
  const clear = async (shape: string, poison: boolean): Promise<string> => {
    const plan = Uint8Array.of(poison ? 1 : 0);
    const decided = guard.clear(queryOf(shape, plan)).then(
      () => "run",
      (error: Error) => ("code" in error ? String(error.code) : error.message),
    );
    for (let ms = 0; ms < 20; ms++) {
      time.advance(1);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
    return decided;
  };
  /** Leaves go down together under a query, as they do with their host. */
  const killUnder = (shape: string, leaves: readonly string[], poison = false): void => {
    const reports = shards.map(() => ({ errors: ["disconnected" as const] }));
    const harmed = shards.flatMap(({ feeds }) => feeds.filter(({ health }) => leaves.includes(health.leaf)));
    for (const { health } of harmed) {
      die(health.leaf, health);
      guard.review(queryOf(shape, Uint8Array.of(poison ? 1 : 0)), reports);
    }
  };
  /** A leaf goes down that nothing was asked of. */
  const killIdle = (leaf: string): void => {
    for (const { feeds } of shards) for (const { health } of feeds) if (health.leaf === leaf) die(leaf, health);
  };
  const replicas = shards.flatMap(({ feeds }) => feeds.map(({ health }) => health));
  return { asked, dead, clear, time, killUnder, killIdle, replicas, convictions, failed, counts: policy.counts };
}

type Leaves = { others?: number; returnsAlive?: boolean; code?: AttemptErrorCode };

it("every leaf that a query is tried on is counted", async () => {
  const { clear, asked, counts } = guarded();
  await clear("s", false);
  await clear("s", false);
  await clear("t", true);
  expect(asked).toHaveLength(2);
  expect(counts).toMatchObject({ canaries: 2, first: 0 });
});

describe("a leaf that cannot do what it is to try", () => {
  it.each([
    { code: "overloaded", isFailure: false, isPushBack: true },
    { code: "bad_plan", isFailure: false, isPushBack: false },
    { code: "too_large", isFailure: false, isPushBack: false },
    { code: "not_ready", isFailure: true, isPushBack: false },
  ] as const)("and says $code is judged and counted as in any search", async ({ code, isFailure, isPushBack }) => {
    const { clear, replicas, time, failed } = guarded({ code });
    expect(await clear("s", false)).toBe("run");
    expect(new Set(failed)).toEqual(new Set([code]));
    expect(replicas.some(({ failuresInRow }) => failuresInRow > 0)).toBe(isFailure);
    expect(replicas.some(({ pushBackUntilMs }) => pushBackUntilMs > time.clock.nowMs())).toBe(isPushBack);
  });
});

describe("a query that kills the leaf it runs on", () => {
  it("takes one replica down, and is refused for a minute", async () => {
    const { clear, dead, asked, time } = guarded();
    expect(await clear("s", true)).toBe("invalid_query");
    expect(dead.size).toBe(1);
    time.advance(50_000);
    expect(await clear("s", true)).toBe("invalid_query");
    expect(asked).toHaveLength(1);
    expect(await clear("other", false)).toBe("run");
    time.advance(15_000);
    expect(await clear("s", false)).toBe("run");
    expect(await clear("s", false)).toBe("run");
    expect(dead.size).toBe(1);
  });

  it("is told of when it comes to be refused", async () => {
    const { clear, convictions, asked } = guarded();
    await clear("s", true);
    const [leaf] = asked;
    expect(convictions).toEqual([
      { shape: "s", refused: "shape", leaf, forS: 60 },
      { shape: "s", refused: "words", leaf, forS: 60 },
    ]);
    await clear("s", true);
    expect(convictions).toHaveLength(2);
  });

  it("is not blamed alone where others ran too, and convicted by a second death", async () => {
    const { clear, dead } = guarded({ others: 3 });
    expect(await clear("s", true)).toBe("invalid_query");
    expect(dead.size).toBe(2);
  });

  it("is acquitted when the leaf turns out to have lived", async () => {
    const { clear, time } = guarded({ returnsAlive: true });
    expect(await clear("s", true)).toBe("invalid_query");
    time.advance(2000);
    expect(await clear("s", false)).toBe("run");
  });
});

describe("a query that does no harm", () => {
  it("is not refused when leaves die under it together, and neither are others of its shape", async () => {
    const { clear, killUnder, asked } = guarded();
    expect(await clear("s", false)).toBe("run");
    killUnder("s", ["a0", "a1", "a2"]);
    const before = asked.length;
    for (let i = 0; i < 5; i++) expect(await clear("s", false)).toBe("run");
    expect(asked.length - before, "one is tried alone first").toBe(1);
  });

  it("is not refused where the leaf that it is tried on goes down with others that it was not sent to", async () => {
    const { clear, killUnder, killIdle, time } = guarded();
    expect(await clear("s", false)).toBe("run");
    killUnder("s", ["a0"], true);
    killIdle("b2");
    // Tried on two leaves, both of which die; in the simulated world by the query, for all the root knows by whatever took b2.
    expect(await clear("s", true)).toBe("run");
    time.advance(10_000);
    expect(await clear("s", false)).toBe("run");
  });

  it("is still answered when one of its shape, with other words, is poison", async () => {
    const { clear, killUnder, dead } = guarded();
    expect(await clear("s", false)).toBe("run");
    killUnder("s", ["a0"], true);
    expect(await clear("s", true)).toBe("invalid_query");
    expect(dead.size, "the one that it ran on, and two that it was tried on").toBe(3);
    for (let i = 0; i < 3; i++) expect(await clear("s", false)).toBe("run");
    expect(await clear("s", true)).toBe("invalid_query");
    expect(dead.size).toBe(3);
  });

  it("is tried on one leaf once, and never again", async () => {
    const { clear, asked } = guarded();
    for (let i = 0; i < 5; i++) expect(await clear("s", false)).toBe("run");
    expect(asked).toHaveLength(1);
  });
});
