import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReplicaHealth } from "../../src/policy/replica.ts";
import { attemptErrorCodes } from "../../src/protocol/link.ts";
import {
  type AttemptErrorCode,
  extraAttempt,
  firstAttempt,
  type GatherCommand,
  type GatherTimer,
  shadowAttempt,
} from "../../src/root/gather.ts";
import { budgetMs, policyOf, requestOf, Stage } from "../support/gather-stage.ts";

function kinds(commands: readonly GatherCommand[]): string[] {
  return commands.map((command) => command.kind);
}

describe("a gather, event by event", () => {
  test("asks every shard, hedges the late one, cancels the loser and finishes", () => {
    const policy = policyOf();
    const stage = new Stage(policy, requestOf(policy, { shards: 2, replicas: 2 }));
    expect(kinds(stage.tell({ kind: "begin" }))).toEqual(["send", "send", "setTimer", "setTimer"]);
    stage.nowMs += 2;
    expect(stage.reply(0, firstAttempt)).toEqual([]);
    const [hedge] = stage.fire("hedge");
    expect(hedge).toMatchObject({ kind: "send", shard: 1, attempt: extraAttempt, purpose: "hedge" });
    expect(stage.nowMs).toBe(1_010);
    expect(kinds(stage.reply(1, extraAttempt))).toEqual(["cancel", "finish"]);
    expect(stage.gather.shards[1]).toMatchObject({
      outcome: "complete",
      winner: extraAttempt,
      attempts: 2,
      hedged: true,
    });
    expect(stage.gather.coverage).toBe(1);
  });

  test("covers no more than everything, though a shard becomes larger on the way", () => {
    const policy = policyOf();
    const request = requestOf(policy, { shards: 2, replicas: 1, sizes: [100, 100] });
    const stage = new Stage(policy, request);
    stage.tell({ kind: "begin" });
    for (const shard of request.shards) shard.documents = 150;
    stage.reply(0, firstAttempt, { total: 160 });
    expect(stage.gather.coverage).toBe(160 / 260);
    stage.reply(1, firstAttempt, { total: 140 });
    expect(stage.gather.coverage).toBe(1);
  });

  test("a failed attempt is tried once more at once, on another replica", () => {
    const policy = policyOf();
    const stage = new Stage(policy, requestOf(policy, { shards: 1, replicas: 2 }));
    stage.tell({ kind: "begin" });
    const [retry] = stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code: "disconnected" });
    expect(retry).toMatchObject({ kind: "send", purpose: "retry" });
    expect(stage.sends()[0]?.replica).not.toBe(stage.sends()[1]?.replica);
    expect(kinds(stage.tell({ kind: "error", shard: 0, attempt: extraAttempt, code: "disconnected" }))).toEqual([
      "finish",
    ]);
    expect(stage.gather.shards[0]).toMatchObject({ outcome: "failed", errors: ["disconnected", "disconnected"] });
  });

  test.each(["bad_plan", "bad_reply", "not_ready", "overloaded", "unknown_shard"] as const)(
    "%s is tried elsewhere",
    (code) => {
      const policy = policyOf();
      const stage = new Stage(policy, requestOf(policy, { shards: 1, replicas: 2 }));
      stage.tell({ kind: "begin" });
      const [retry] = stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code });
      expect(retry).toMatchObject({ kind: "send", purpose: "retry" });
    },
  );

  test.each(["crashed", "too_large", "expired"] as const)("%s is not tried elsewhere", (code) => {
    const policy = policyOf();
    const stage = new Stage(policy, requestOf(policy, { shards: 1, replicas: 2 }));
    stage.tell({ kind: "begin" });
    expect(kinds(stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code }))).toEqual(["finish"]);
  });

  test.each([
    ["bad_plan", "ready"],
    ["too_large", "ready"],
    ["crashed", "ejected"],
  ] as const)("a replica that says %s again and again is %s", (code, standing) => {
    const policy = policyOf();
    const request = requestOf(policy, { shards: 1, replicas: 2 });
    for (let queries = 0; queries < 40; queries++) {
      const stage = new Stage(policy, request);
      stage.tell({ kind: "begin" });
      stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code });
    }
    const standings = request.shards[0]?.replicas.map((replica) => replica.standing);
    expect(standings?.includes("ejected")).toBe(standing === "ejected");
  });

  test("a failed attempt stays failed where a second one is forbidden", () => {
    const policy = policyOf();
    const stage = new Stage(policy, { ...requestOf(policy, { shards: 1, replicas: 2 }), hedge: false });
    stage.tell({ kind: "begin" });
    stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code: "not_ready" });
    expect(stage.sends()).toHaveLength(1);
    expect(stage.gather.shards[0]).toMatchObject({ outcome: "failed", attempts: 1 });
  });

  test("a suspect query's broken connection is not tried elsewhere", () => {
    const policy = policyOf();
    const stage = new Stage(policy, { ...requestOf(policy, { shards: 1, replicas: 2 }), suspect: true });
    stage.tell({ kind: "begin" });
    expect(kinds(stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code: "disconnected" }))).toEqual([
      "finish",
    ]);
  });

  test("the outcomes that are missing have their names", () => {
    const policy = policyOf((settings) => {
      settings.hedge.enabled = false;
      settings.budget = { deposit: 0, windowMs: 10_000, reservePerSecond: 0, retryShare: 0 };
    });
    const request = requestOf(policy, { shards: 4, replicas: 1 });
    for (const replica of request.shards[3]?.replicas ?? []) replica.reachable = false;
    const stage = new Stage(policy, request);
    stage.tell({ kind: "begin" });
    stage.tell({ kind: "error", shard: 0, attempt: firstAttempt, code: "overloaded" });
    stage.tell({ kind: "error", shard: 1, attempt: firstAttempt, code: "not_ready" });
    stage.fire("deadline");
    expect(stage.gather.shards.map((shard) => shard.outcome)).toEqual(["shed", "failed", "late", "unavailable"]);
  });

  test("no hedge timer is set where no hedge can be sent", () => {
    for (const change of [
      { replicas: 1, hedge: true },
      { replicas: 2, hedge: false },
    ]) {
      const policy = policyOf();
      const stage = new Stage(policy, {
        ...requestOf(policy, { shards: 1, replicas: change.replicas }),
        hedge: change.hedge,
      });
      stage.tell({ kind: "begin" });
      expect([...stage.timers.keys()]).toEqual(["deadline"]);
    }
  });

  test("a hedge that the other replica's own delay forbids is thought of again, and is sent when time runs out", () => {
    const policy = policyOf();
    const request = requestOf(policy, { shards: 1, replicas: 2 });
    const stage = new Stage(policy, request);
    stage.tell({ kind: "begin" });
    const other = request.shards[0]?.replicas.find((replica) => replica !== stage.sends()[0]?.replica);
    other?.begin(stage.nowMs - 500);
    while (stage.sends().length === 1) stage.fire("hedge");
    expect(stage.sends()[1]).toMatchObject({ purpose: "hedge", replica: other });
    expect(stage.nowMs - 1_000).toBeGreaterThan(0.3 * budgetMs);
    expect(stage.nowMs - 1_000).toBeLessThan(0.8 * budgetMs);
  });

  test("the last of the budget goes to those who have waited longest", () => {
    const policy = policyOf((settings) => {
      settings.budget = { deposit: 1, windowMs: 10_000, reservePerSecond: 0, retryShare: 0.9 };
    });
    const stage = new Stage(policy, requestOf(policy, { shards: 2, replicas: 2 }));
    stage.tell({ kind: "begin" });
    stage.fire("hedge");
    expect(stage.sends()).toHaveLength(2);
    while (stage.sends().length === 2) stage.fire("hedge");
    expect(stage.nowMs - 1_000).toBeGreaterThan(0.4 * budgetMs);
    expect(stage.nowMs - 1_000).toBeLessThan(budgetMs);
  });

  test("of a tied pair the one that starts first calls the other off, which then costs no budget", () => {
    const policy = policyOf((settings) => {
      settings.hedge.tiedDelayMs = 1;
    });
    const stage = new Stage(policy, requestOf(policy, { shards: 1, replicas: 2 }));
    stage.tell({ kind: "begin" });
    const before = policy.budget.balance(stage.nowMs);
    expect(kinds(stage.fire("hedge"))).toEqual(["send"]);
    const [cancel] = stage.tell({ kind: "started", shard: 0, attempt: extraAttempt });
    expect(cancel).toMatchObject({ kind: "cancel", attempt: firstAttempt });
    expect(policy.budget.balance(stage.nowMs)).toBeCloseTo(before, 2);
    expect(kinds(stage.reply(0, extraAttempt))).toEqual(["finish"]);
  });

  test("of a tied pair that is left to run the second attempt is paid for", () => {
    const policy = policyOf((settings) => {
      settings.hedge.tiedDelayMs = 1;
      settings.hedge.cancel = false;
      settings.budget = { deposit: 1, windowMs: 10_000, reservePerSecond: 0, retryShare: 0 };
    });
    const stage = new Stage(policy, requestOf(policy, { shards: 1, replicas: 2 }));
    stage.tell({ kind: "begin" });
    expect(policy.budget.balance(stage.nowMs)).toBe(1);
    expect(kinds(stage.fire("hedge"))).toEqual(["send"]);
    expect(stage.tell({ kind: "started", shard: 0, attempt: extraAttempt })).toEqual([]);
    expect(stage.tell({ kind: "started", shard: 0, attempt: firstAttempt })).toEqual([]);
    expect(policy.budget.balance(stage.nowMs)).toBe(0);
  });

  test("an attempt that has started is not tied, only hedged later", () => {
    const policy = policyOf((settings) => {
      settings.hedge.tiedDelayMs = 1;
    });
    const stage = new Stage(policy, requestOf(policy, { shards: 1, replicas: 2 }));
    stage.tell({ kind: "begin" });
    stage.tell({ kind: "started", shard: 0, attempt: firstAttempt });
    expect(kinds(stage.fire("hedge"))).toEqual(["setTimer"]);
    expect(kinds(stage.fire("hedge"))).toEqual(["send"]);
    expect(stage.nowMs).toBe(1_010);
    expect(stage.tell({ kind: "started", shard: 0, attempt: extraAttempt })).toEqual([]);
  });

  test("once the minimum coverage is in, each answer shortens the wait", () => {
    const policy = policyOf((settings) => {
      settings.hedge.enabled = false;
    });
    const stage = new Stage(policy, { ...requestOf(policy, { shards: 4, replicas: 1 }), minCoverage: 0.5 });
    stage.tell({ kind: "begin" });
    stage.reply(0, firstAttempt);
    expect(stage.timers.has("coverage")).toBe(false);
    stage.reply(1, firstAttempt);
    const atHalf = stage.timers.get("coverage") ?? 0;
    stage.reply(2, firstAttempt);
    const atThree = stage.timers.get("coverage") ?? 0;
    expect(atHalf).toBeCloseTo(stage.timers.get("deadline") ?? 0, 6);
    expect(atThree - 1_000).toBeCloseTo((atHalf - 1_000) / 2, 6);
    expect(kinds(stage.fire("coverage"))).toEqual(["cancel", "finish"]);
    expect(stage.gather.shards[3]?.outcome).toBe("late");
  });
});

const scripts = fc.record({
  seed: fc.nat(),
  shards: fc.integer({ min: 1, max: 6 }),
  sizes: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 6, maxLength: 6 }),
  replicas: fc.integer({ min: 1, max: 3 }),
  minCoverage: fc.constantFrom(0, 0.5, 0.9, 1),
  hedge: fc.boolean(),
  tied: fc.boolean(),
  cancel: fc.boolean(),
  deposit: fc.constantFrom(0, 0.05, 1),
  reserve: fc.constantFrom(0, 1),
  retryShare: fc.constantFrom(0, 0.3),
  unreachable: fc.array(fc.nat(20), { maxLength: 4 }),
  onProbation: fc.array(fc.nat(20), { maxLength: 3 }),
  steps: fc.array(
    fc.record({
      waitMs: fc.double({ min: 0, max: 20, noNaN: true }),
      /** The process was busy for so long: timers that are due have not gone off yet. */
      busyMs: fc.constantFrom(0, 0, 0, 0, 50),
      what: fc.constantFrom("reply", "reply", "reply", "truncated", "error", "started", "timer", "timer", "gone"),
      pick: fc.nat(),
      code: fc.constantFrom(...attemptErrorCodes),
    }),
    { maxLength: 60 },
  ),
});

describe("a gather under any order of events", () => {
  test("keeps its promises", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const policy = policyOf((settings) => {
          settings.hedge.tiedDelayMs = script.tied ? 2 : undefined;
          settings.hedge.cancel = script.cancel;
          settings.budget = {
            deposit: script.deposit,
            windowMs: 10_000,
            reservePerSecond: script.reserve,
            retryShare: script.retryShare,
          };
          settings.probation.shadowShare = 1;
        }, script.seed);
        const request = { ...requestOf(policy, script), minCoverage: script.minCoverage, hedge: script.hedge };
        const all = request.shards.flatMap((shard) => shard.replicas);
        for (const at of script.unreachable) setReplica(all, at, { reachable: false });
        for (const at of script.onProbation) setReplica(all, at, { standing: "probation" });
        const stage = new Stage(policy, request);
        stage.tell({ kind: "begin" });
        let calledOff = 0;
        for (const step of script.steps) {
          stage.nowMs += step.waitMs + step.busyMs;
          const next = earliest(stage);
          if (step.busyMs === 0 && next !== undefined && (stage.timers.get(next) ?? 0) <= stage.nowMs) {
            stage.nowMs -= step.waitMs;
            stage.fire(next);
          } else calledOff += play(stage, step);
        }
        for (let next = earliest(stage); next !== undefined; next = earliest(stage)) stage.fire(next);
        if (!stage.gather.finished) throw new Error("nothing would ever end this query");
        stage.reply(0, firstAttempt);
        checkPromises(stage, script);
        checkBooks(stage, policy.budget.balance(stage.nowMs), { ...script, calledOff });
        expect(all.every((replica) => replica.inflight === 0)).toBe(true);
        const { hedges, hedgesWon, hedgesWasted } = policy.counts;
        expect(hedgesWon + hedgesWasted).toBe(hedges);
      }),
      { seed: 20_260_101, numRuns: 3_000 },
    );
  });
});

function setReplica(
  all: readonly ReplicaHealth[],
  at: number,
  facts: Partial<Pick<ReplicaHealth, "reachable" | "standing">>,
): void {
  const replica = all[at];
  if (replica !== undefined) Object.assign(replica, facts);
}

function earliest(stage: Stage): GatherTimer | undefined {
  return [...stage.timers].sort(([, a], [, b]) => a - b)[0]?.[0];
}

/**
 * Plays one step on any attempt that was ever sent: settled and cancelled ones are told of too. Answers how many attempts
 * were called off since their twin had started.
 */
function play(stage: Stage, step: { what: string; pick: number; code: AttemptErrorCode }): number {
  const sends = stage.sends();
  const send = sends[step.pick % Math.max(1, sends.length)];
  if (step.what === "gone" && step.pick % 8 === 0) stage.tell({ kind: "cancelled" });
  if (send === undefined) return 0;
  const { shard, attempt } = send;
  // What the root last heard of a shard's size may be out of date.
  const total = (stage.request.shards[shard]?.documents ?? 0) + (step.pick % 3);
  if (step.what === "reply") stage.reply(shard, attempt, { total });
  if (step.what === "truncated") stage.reply(shard, attempt, { total, cutTo: step.pick % total });
  if (step.what === "error") stage.tell({ kind: "error", shard, attempt, code: step.code });
  if (step.what !== "started") return 0;
  return kinds(stage.tell({ kind: "started", shard, attempt })).filter((kind) => kind === "cancel").length;
}

/** No extra attempt is sent that nobody earned, and none is given back that was not called off. */
function checkBooks(
  stage: Stage,
  balance: number,
  script: { deposit: number; reserve: number; calledOff: number },
): void {
  const counted = stage.sends().filter((send) => send.attempt !== shadowAttempt);
  const extras = counted.filter((send) => send.attempt === extraAttempt).length;
  const firsts = counted.length - extras;
  const reserve = script.reserve * (10 + (stage.nowMs - 1_000) / 1_000);
  expect(extras + balance).toBeLessThanOrEqual(firsts * script.deposit + reserve + script.calledOff + 1e-6);
}

function checkPromises(stage: Stage, script: { shards: number }): void {
  const commands = stage.log.map(({ command }) => command);
  expect(commands.filter((command) => command.kind === "finish")).toHaveLength(1);
  for (const command of commands.slice(commands.findIndex(({ kind }) => kind === "finish") + 1)) {
    if (command.kind === "setTimer") expect(command.timer).toBe("deadline");
    else expect(command).toMatchObject({ kind: "cancel", attempt: shadowAttempt });
  }
  const reports = stage.gather.shards;
  expect(reports).toHaveLength(script.shards);
  for (const report of reports) expect(report.outcome).toBeDefined();

  const sends = stage.sends();
  const counted = sends.filter((send) => send.attempt !== shadowAttempt);
  for (let shard = 0; shard < script.shards; shard++) {
    const own = counted.filter((send) => send.shard === shard);
    expect(own.length).toBeLessThanOrEqual(2);
    expect(own.length).toBe(reports[shard]?.attempts);
    expect(new Set(own.map((send) => send.replica)).size).toBe(own.length);
  }
  for (const { command, atMs } of stage.log) {
    if (command.kind === "send") expect(atMs + command.budgetMs).toBeLessThanOrEqual(1_000 + budgetMs);
    if (command.kind === "send") expect(atMs).toBeLessThan(1_000 + budgetMs);
    if (command.kind === "send") expect(command.budgetMs).toBeGreaterThan(0);
  }

  const searched = reports.reduce((sum, report) => sum + (report.winner === undefined ? 0 : report.documents), 0);
  const all = reports.reduce((sum, report) => sum + report.documentsTotal, 0);
  expect(stage.gather.coverage).toBeCloseTo(searched / all, 9);
  const complete = reports.every((report) => report.outcome === "complete");
  expect(stage.gather.coverage === 1 && complete).toBe(complete);
  for (const report of reports) {
    const answered = report.outcome === "complete" || report.outcome === "truncated";
    expect(report.winner !== undefined).toBe(answered);
  }
}
