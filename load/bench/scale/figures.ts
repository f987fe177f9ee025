import { LatencyHistogram } from "../../../src/policy/histogram.ts";
import type { Loading } from "./load-documents.ts";

/** What came of some seconds at the limit. Processor times are those of the whole round. */
export type Round = {
  /** Queries that were answered from all documents, and those that were not. */
  whole: number;
  other: number;
  seconds: number;
  /** Of those that were answered whole. */
  latency: LatencyHistogram;
  rootMs: number;
  leafMs: number;
  /** Of the process that asks. */
  driverMs: number;
  firstAttempts: number;
  furtherAttempts: number;
};

export type Figures = {
  queries: number;
  queriesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  rootMsPerQuery: number;
  leafMsPerQuery: number;
  driverMsPerQuery: number;
  /** How many processors all of it kept busy. */
  processorsBusy: number;
  /** Hedges and retries, of all first attempts. */
  extraShare: number;
  /** Queries that were turned away, failed, or were answered from a part of the documents, of all. */
  notWholeShare: number;
};

/** A layout, what it was asked, and what came of it. */
export type Row = Figures & {
  shards: number;
  replicas: number;
  roots: number;
  /** In the index when it was asked. */
  documents: number;
  /** The load before it. */
  loading: Loading;
  /** What the leaves held after it; undefined where they hold other indexes, too. */
  leafMemoryBytes: number | undefined;
};

/** A layout's rounds taken together: rates over all of them, quantiles over all their queries. */
export function joined(rounds: readonly Round[]): Figures {
  const sum = (value: (round: Round) => number): number => rounds.reduce((total, round) => total + value(round), 0);
  const latency = new LatencyHistogram();
  for (const round of rounds) latency.merge(round.latency);
  const queries = sum(({ whole }) => whole);
  const all = sum(({ whole, other }) => whole + other);
  const seconds = sum((round) => round.seconds);
  const perQuery = (ms: number): number => ms / Math.max(1, queries);
  const busyMs = sum(({ rootMs, leafMs, driverMs }) => rootMs + leafMs + driverMs);
  return {
    queries,
    queriesPerSecond: queries / seconds,
    p50Ms: latency.quantileMs(0.5),
    p99Ms: latency.quantileMs(0.99),
    rootMsPerQuery: perQuery(sum(({ rootMs }) => rootMs)),
    leafMsPerQuery: perQuery(sum(({ leafMs }) => leafMs)),
    driverMsPerQuery: perQuery(sum(({ driverMs }) => driverMs)),
    processorsBusy: busyMs / 1_000 / seconds,
    extraShare:
      sum(({ furtherAttempts }) => furtherAttempts) /
      Math.max(
        1,
        sum(({ firstAttempts }) => firstAttempts),
      ),
    notWholeShare: (all - queries) / Math.max(1, all),
  };
}
