import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  conclusionsOf,
  documentExponent,
  rootLimitPerSecond,
  shardCost,
} from "../../../../load/bench/scale/conclusions.ts";
import { joined, type Round, type Row } from "../../../../load/bench/scale/figures.ts";
import { fitLine } from "../../../../load/bench/scale/line-fit.ts";
import { missingLine, partReport, scaleHeading, scaleJson } from "../../../../load/bench/scale/report.ts";
import { shareOf } from "../../../../load/bench/scale/round.ts";
import { parts, quickSizes } from "../../../../load/bench/scale/sizes.ts";
import { inTurns } from "../../../../load/bench/scale/turns.ts";
import { describeMachine } from "../../../../load/report/machine.ts";
import { LatencyHistogram } from "../../../../src/policy/histogram.ts";

const cost = fc.double({ min: 0, max: 100, noNaN: true });
const places = fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 2, maxLength: 8 });

describe("the line through costs", () => {
  test("is the one that they lie on, where they lie on one", () => {
    fc.assert(
      fc.property(cost, fc.double({ min: -100, max: 100, noNaN: true }), places, (fixed, each, xs) => {
        const line = fitLine(xs.map((x) => ({ x, y: fixed + each * x })));
        expect(line?.fixed).toBeCloseTo(fixed, 6);
        expect(line?.each).toBeCloseTo(each, 6);
        expect(line?.missMost).toBeCloseTo(0, 6);
      }),
      { seed: 93 },
    );
  });

  test("misses less in squares than any line beside it", () => {
    fc.assert(
      fc.property(places, fc.infiniteStream(cost), cost, cost, (xs, costs, offset, tilt) => {
        const points = xs.map((x) => ({ x, y: Number(costs.next().value) }));
        const line = fitLine(points) ?? { fixed: Number.NaN, each: Number.NaN };
        const missed = (fixed: number, each: number): number =>
          points.reduce((sum, { x, y }) => sum + (y - fixed - each * x) ** 2, 0);
        const least = missed(line.fixed, line.each);
        expect(missed(line.fixed + offset, line.each)).toBeGreaterThanOrEqual(least - 1e-6);
        expect(missed(line.fixed, line.each - tilt)).toBeGreaterThanOrEqual(least - 1e-6);
      }),
      { seed: 94 },
    );
  });

  test("is not there where all costs are of one place", () => {
    expect(fitLine([])).toBeUndefined();
    expect(fitLine([{ x: 2, y: 1 }])).toBeUndefined();
    expect(
      fitLine([
        { x: 2, y: 1 },
        { x: 2, y: 3 },
      ]),
    ).toBeUndefined();
  });
});

const loading = { documents: 100, documentsPerSecond: 1_000, rootMsPerDocument: 0.1, leafMsPerDocument: 0.2 };

function row(own: Partial<Row>): Row {
  const layout = { shards: 4, replicas: 1, roots: 1, documents: 100, loading, leafMemoryBytes: 1e6 };
  return { ...layout, ...joined([round({ whole: 100 })]), ...own };
}

function round(own: Partial<Round> = {}): Round {
  const counted = { whole: 0, other: 0, seconds: 1, rootMs: 0, leafMs: 0, driverMs: 0 };
  return { ...counted, latency: new LatencyHistogram(), firstAttempts: 0, furtherAttempts: 0, ...own };
}

describe("what rows say", () => {
  test("a shard's cost is split between root and leaves as it was made", () => {
    fc.assert(
      fc.property(cost, cost, cost, cost, (rootFixed, rootEach, leafFixed, leafEach) => {
        const rows = [1, 2, 4, 8, 16].map((shards) =>
          row({
            shards,
            rootMsPerQuery: rootFixed + rootEach * shards,
            leafMsPerQuery: leafFixed + leafEach * shards,
          }),
        );
        const found = shardCost(rows);
        expect(found?.root.each).toBeCloseTo(rootEach, 6);
        expect(found?.leaves.each).toBeCloseTo(leafEach, 6);
        expect(found?.query.each).toBeCloseTo(rootEach + leafEach, 6);
        expect(found?.query.fixed).toBeCloseTo(rootFixed + leafFixed, 6);
      }),
      { seed: 95 },
    );
  });

  test("the power that a query's cost grows with is the one that it was made with", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2, noNaN: true }), (power) => {
        const rows = [1e4, 3e4, 1e6].map((documents) =>
          row({ documents, rootMsPerQuery: documents ** power / 4, leafMsPerQuery: (documents ** power * 3) / 4 }),
        );
        expect(documentExponent(rows)).toBeCloseTo(power, 6);
      }),
      { seed: 96 },
    );
  });

  test("a root's limit is a second over what it takes for a query when it is alone", () => {
    const rows = [row({ roots: 3, rootMsPerQuery: 9 }), row({ roots: 1, rootMsPerQuery: 0.4 })];
    expect(rootLimitPerSecond(rows)).toBeCloseTo(2_500);
    expect(rootLimitPerSecond([row({ roots: 2, rootMsPerQuery: 1 })])).toBeUndefined();
  });

  test("one row alone concludes nothing that takes two", () => {
    for (const part of ["shards", "documents", "replicas"] as const) expect(conclusionsOf(part, [row({})])).toEqual([]);
    for (const part of parts) expect(conclusionsOf(part, [])).toEqual([]);
  });
});

const anyRound: fc.Arbitrary<Round> = fc
  .record({
    latencies: fc.array(fc.double({ min: 0.1, max: 1_000, noNaN: true }), { minLength: 1, maxLength: 50 }),
    other: fc.nat({ max: 10 }),
    seconds: fc.double({ min: 0.5, max: 10, noNaN: true }),
    rootMs: cost,
    leafMs: cost,
    driverMs: cost,
  })
  .map(({ latencies, ...own }) => {
    const latency = new LatencyHistogram();
    for (const latencyMs of latencies) latency.record(latencyMs);
    return round({ ...own, latency, whole: latencies.length, firstAttempts: latencies.length });
  });

describe("rounds taken together", () => {
  test("book every millisecond and query once, in whatever order they were", () => {
    fc.assert(
      fc.property(fc.array(anyRound, { minLength: 1, maxLength: 5 }), (rounds) => {
        const sum = (value: (one: Round) => number): number => rounds.reduce((all, one) => all + value(one), 0);
        const figures = joined(rounds);
        const { queries, queriesPerSecond, rootMsPerQuery, leafMsPerQuery } = figures;
        expect(queries).toBe(sum(({ whole }) => whole));
        expect(queriesPerSecond * sum(({ seconds }) => seconds)).toBeCloseTo(queries, 6);
        expect(rootMsPerQuery * queries).toBeCloseTo(
          sum(({ rootMs }) => rootMs),
          6,
        );
        expect(leafMsPerQuery * queries).toBeCloseTo(
          sum(({ leafMs }) => leafMs),
          6,
        );
        const all = queries + sum(({ other }) => other);
        expect(figures.notWholeShare * all).toBeCloseTo(all - queries, 6);
        const backwards = joined(rounds.toReversed());
        expect([backwards.p50Ms, backwards.p99Ms]).toEqual([figures.p50Ms, figures.p99Ms]);
        expect(figures.p50Ms).toBeLessThanOrEqual(figures.p99Ms);
      }),
      { seed: 97 },
    );
  });

  test("connections are dealt out, all of them and evenly", () => {
    fc.assert(
      fc.property(fc.nat({ max: 100 }), fc.integer({ min: 1, max: 9 }), (whole, count) => {
        const shares = Array.from({ length: count }, (_, i) => shareOf(whole, count, i));
        expect(shares.reduce((a, b) => a + b, 0)).toBe(whole);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("in an even number of rounds nobody is later than another on the whole", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), (count, pairs) => {
        const all = Array.from({ length: count }, (_, i) => i);
        const places = all.map((): number[] => []);
        [...inTurns(all, 2 * pairs)].forEach(({ one }, place) => void places[one]?.push(place));
        expect(places.map(({ length }) => length)).toEqual(all.map(() => 2 * pairs));
        expect(new Set(places.map((own) => own.reduce((a, b) => a + b, 0))).size).toBe(1);
      }),
      { seed: 98 },
    );
  });
});

const measured = parts
  .filter((part) => part !== "roots")
  .map((part) => ({
    kind: "rows" as const,
    part,
    rows: [row({ shards: 1, documents: 1 }), row({ documents: 9, replicas: 2 })],
  }));

test("a part's report has a line for each row, and what they say", () => {
  for (const result of measured) {
    const lines = partReport(result, quickSizes).split("\n");
    expect(lines.filter((line) => /^ +[\d,]+ {2}/.test(line))).toHaveLength(2);
    for (const conclusion of conclusionsOf(result.part, result.rows)) expect(lines).toContain(conclusion);
  }
});

test("what programs are told has every row, and names what did not run", () => {
  const missing = [{ kind: "lacking" as const, part: "roots" as const, why: "no server" }];
  const head = { machine: describeMachine(), sizes: quickSizes, isQuick: true };
  const told: unknown = JSON.parse(scaleJson({ ...head, results: measured, missing, tookMs: 1 }));
  expect(told).toMatchObject({ bench: "scale", missing, parts: measured.map(({ part, rows }) => ({ part, rows })) });
  expect(scaleHeading(head)).toContain("QUICK");
  expect(missing.map(missingLine)).toEqual(["NOT RUN: roots: no server"]);
});
