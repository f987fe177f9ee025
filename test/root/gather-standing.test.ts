import { describe, expect, it } from "vitest";
import type { ReplicaHealth } from "../../src/policy/replica.ts";
import { TailPolicy } from "../../src/policy/tail.ts";
import type { GatherRequest } from "../../src/root/gather.ts";
import { seededRandom } from "../../src/time.ts";
import { type Send, Stage } from "../support/gather-stage.ts";

const budgetMs = 250;

/** One shard of two replicas, and a clock; of each attempt it is told after how long its replica answers, if ever. */
function pair(seed = 1) {
  const policy = new TailPolicy({ random: seededRandom(seed) });
  const well = policy.replica({ leaf: "well" });
  const ill = policy.replica({ leaf: "ill" });
  const shard = policy.shard([well, ill], 100);
  return { policy, shard, well, ill, nowMs: 0 };
}

type Pair = ReturnType<typeof pair>;
/** After how long a replica answers; undefined: never. */
type Service = (replica: ReplicaHealth) => number | undefined;

/** Plays one query to its end, and the copy that it may have sent; answers what was sent, and how it ended. */
function ask(
  of: Pair,
  hedge: GatherRequest["hedge"],
  service: Service,
): { sends: Send[]; outcome: string | undefined } {
  const stage = new Stage(of.policy, {
    ...{ shards: [of.shard], deadlineMs: of.nowMs + budgetMs },
    ...{ minCoverage: 0, hedge, queryClass: 0 },
  });
  stage.nowMs = of.nowMs;
  stage.tell({ kind: "begin" });
  while (stage.timers.size > 0 || !stage.gather.finished) {
    const [timer = "deadline", dueMs = Number.POSITIVE_INFINITY] =
      [...stage.timers].sort(([, a], [, b]) => a - b)[0] ?? [];
    const next = stage
      .sends()
      .map((send) => ({ send, atMs: of.nowMs + (service(send.replica) ?? Number.POSITIVE_INFINITY) }))
      .filter(({ atMs }) => atMs > stage.nowMs)
      .sort((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined || next.atMs >= dueMs) stage.fire(timer);
    else {
      stage.nowMs = next.atMs;
      stage.reply(0, next.send.attempt);
    }
  }
  return { sends: stage.sends(), outcome: stage.gather.shards[0]?.outcome };
}

/** Has the policy know what is usual. */
function learn(of: Pair, hedge: GatherRequest["hedge"]): void {
  for (let i = 0; i < 200; i++) {
    ask(of, hedge, () => 2);
    of.nowMs += 10;
  }
}

/** Takes the second replica out, as one that broke seven times. */
function eject({ policy, shard, ill, nowMs }: Pair): void {
  for (let i = 0; i < 7; i++) {
    policy.settle(ill.begin(nowMs), { kind: "failed", how: "lost" }, { shard, queryClass: 0, nowMs });
  }
  expect(ill.standing).toBe("ejected");
}

describe("a replica that was taken out, where queries get one attempt each", () => {
  it.each([1, 10, 100, 1_000])("is back soon after it is well, with %d queries a second", (perSecond) => {
    const of = pair();
    eject(of);
    let queries = 0;
    for (; of.ill.standing !== "ready" && queries < 20_000; queries++) {
      const { sends } = ask(of, false, () => 2);
      expect(sends.map(({ purpose }) => purpose)).toEqual(["first"]);
      of.nowMs += 1_000 / perSecond;
    }
    // Out for two seconds at most, and five good answers: one in eleven queries, or one a second.
    expect(queries).toBeLessThan(2 * perSecond + 5 * Math.max(15, 1.1 * perSecond));
  });

  it.each([1, 10, 100])("costs few answers while it hangs, with %d queries a second", (perSecond) => {
    const of = pair();
    learn(of, false);
    eject(of);
    let lost = 0;
    for (let queries = 0; queries < 600 * perSecond; queries++) {
      const { outcome } = ask(of, false, (replica) => (replica === of.ill ? undefined : 2));
      if (outcome !== "complete") lost++;
      of.nowMs += 1_000 / perSecond;
    }
    // In ten minutes: it is left alone for 1, 2, 4 to 32 seconds and a minute, whatever the rate, before it begins anew.
    expect(lost).toBeGreaterThan(5);
    expect(lost).toBeLessThan(40);
  });

  it("is risked no more than one query in eleven, however rarely any comes", () => {
    const of = pair();
    eject(of);
    const lost: boolean[] = [];
    for (let queries = 0; queries < 110; queries++) {
      of.nowMs += 120_000;
      const { outcome } = ask(of, false, (replica) => (replica === of.ill ? undefined : 2));
      lost.push(outcome !== "complete");
    }
    expect(lost.filter(Boolean).length).toBe(10);
  });
});

describe("a replica that was taken out, where queries are copied", () => {
  it("is back soon although each query is done before its copy", () => {
    const of = pair();
    learn(of, true);
    eject(of);
    let queries = 0;
    for (; of.ill.standing !== "ready" && queries < 20_000; queries++) {
      ask(of, true, (replica) => (replica === of.ill ? 3 : 2));
      of.nowMs += 10;
    }
    // Out for two seconds at most; then one copy a second, or of a hundredth of the queries.
    expect(queries).toBeLessThan(700);
  });

  it("is left alone for longer each time while it hangs", () => {
    const of = pair();
    learn(of, true);
    eject(of);
    const copies: number[] = [];
    for (let queries = 0; queries < 60_000; queries++) {
      const { sends, outcome } = ask(of, true, (replica) => (replica === of.ill ? undefined : 2));
      expect(outcome).toBe("complete");
      if (sends.some(({ purpose }) => purpose === "shadow")) copies.push(of.nowMs);
      of.nowMs += 10;
    }
    // Ten minutes, as above.
    expect(copies.length).toBeGreaterThan(5);
    expect(copies.length).toBeLessThan(40);
  });
});

describe("a leaf that answers everything at once with what is of no use", () => {
  it.each([1, 2, 3])("costs no query any of the %d shards that it holds beside others", (count) => {
    const policy = new TailPolicy({ random: seededRandom(count) });
    const shards = Array.from({ length: count }, () =>
      policy.shard([policy.replica({ leaf: "well" }), policy.replica({ leaf: "ill" })], 100),
    );
    const outcomes: unknown[] = [];
    for (let nowMs = 0; nowMs < 200; nowMs += 10) {
      const stage = new Stage(policy, {
        shards,
        deadlineMs: nowMs + budgetMs,
        minCoverage: 0,
        hedge: true,
        queryClass: 0,
      });
      stage.nowMs = nowMs;
      stage.tell({ kind: "begin" });
      const isIll = ({ replica }: Send): boolean => replica.leaf === "ill";
      for (const { shard, attempt } of stage.sends().filter(isIll))
        stage.tell({ kind: "error", shard, attempt, code: "bad_reply" });
      stage.nowMs += 2;
      for (const { shard, attempt } of stage.sends().filter((send) => !isIll(send))) stage.reply(shard, attempt);
      outcomes.push(...stage.gather.shards.map(({ outcome }) => outcome));
    }
    expect(new Set(outcomes)).toEqual(new Set(["complete"]));
    expect(policy.ejections).toBe(count);
  });
});
