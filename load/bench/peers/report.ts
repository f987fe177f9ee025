import type { Machine } from "../../report/machine.ts";
import type { SearchTimes } from "../search-stream.ts";
import { connections, failure, type Round } from "./measure.ts";

/** One search's figures. `ndcg10` is undefined where no collection was named. */
export type Row = {
  name: string;
  queriesPerSecond: number;
  processorMsPerQuery: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
  ndcg10: number | undefined;
  memoryBytes: number;
  indexMs: number;
};

export type FailureRow = SearchTimes & { name: string };

export type PeersResult = { machine: Machine; rows: Row[]; failures: FailureRow[]; missing: string[] };

/** A search's rounds taken together: rates over all of them, percentiles as their mean. */
export function joined(
  rounds: readonly Round[],
): Pick<Row, "queriesPerSecond" | "processorMsPerQuery" | "p50Ms" | "p99Ms" | "errors"> {
  const sum = (value: (round: Round) => number): number => rounds.reduce((total, round) => total + value(round), 0);
  const queries = sum((round) => round.queries);
  return {
    queriesPerSecond: Math.round(queries / sum(({ seconds }) => seconds)),
    processorMsPerQuery: sum((round) => round.processorMs) / Math.max(1, queries),
    p50Ms: sum(({ p50Ms }) => p50Ms) / rounds.length,
    p99Ms: sum(({ p99Ms }) => p99Ms) / rounds.length,
    errors: sum(({ errors }) => errors),
  };
}

/** The figures as tables that read well in a terminal and on a page. */
export function peersTable({ machine, rows, failures, missing }: PeersResult): string {
  const { processors, node, loadAverage } = machine;
  const columns =
    "| | queries/s | p50 ms | p99 ms | CPU ms/query | nDCG@10 | memory MB | index s | failed or incomplete |";
  return [
    `${processors} processors, Node ${node}, load average ${loadAverage.toFixed(1)}; ${connections} connections`,
    "",
    columns,
    columns.replaceAll(/[^|]+/g, "---"),
    ...rows.map(rowLine),
    "",
    `One mirror stands still from second ${failure.stopMs / 1000} to ${failure.goOnMs / 1000} of ${failure.endMs / 1000}, ${failure.perSecond} queries a second:`,
    "",
    "| | queries | p50 ms | p99 ms | slowest ms | failed or incomplete |",
    "|---|---|---|---|---|---|",
    ...failures.map(
      ({ name, searches, p50Ms, p99Ms, maxMs, incomplete }) =>
        `| ${name} | ${searches} | ${p50Ms.toFixed(1)} | ${p99Ms.toFixed(1)} | ${maxMs.toFixed(0)} | ${incomplete} |`,
    ),
    ...missing.map((what) => `\nNOT RUN: ${what}`),
    "",
  ].join("\n");
}

function rowLine(row: Row): string {
  const quality = row.ndcg10 === undefined ? "" : row.ndcg10.toFixed(3);
  const cells = [
    row.name,
    row.queriesPerSecond.toLocaleString("en"),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    row.processorMsPerQuery.toFixed(2),
    quality,
    (row.memoryBytes / 1e6).toFixed(0),
    (row.indexMs / 1000).toFixed(1),
    String(row.errors),
  ];
  return `| ${cells.join(" | ")} |`;
}
