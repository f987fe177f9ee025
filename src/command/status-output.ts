import { asList, asNumber, asRecord, asText } from "./answers.ts";
import { plain } from "./plain-text.ts";
import { formatCount } from "./progress.ts";
import { type Column, renderTable } from "./table.ts";

const cellLengthMax = 60;
/** Long enough for a quiet cluster to show figures, short enough to show trouble. */
const view = "1m";

const leafColumns: Column[] = [
  { title: "LEAF" },
  { title: "ZONE" },
  { title: "STATE" },
  { title: "IN FLIGHT", isNumber: true },
  { title: "RTT", isNumber: true },
  { title: "URL" },
];

const replicaColumns: Column[] = [
  { title: "INDEX" },
  { title: "SHARD", isNumber: true },
  { title: "DOCUMENTS", isNumber: true },
  { title: "LEAF" },
  { title: "ZONE" },
  { title: "STATE" },
  { title: "SEQUENCE", isNumber: true },
  { title: "IN FLIGHT", isNumber: true },
  { title: "P50", isNumber: true },
  { title: "P99", isNumber: true },
];

/** The cluster for people: whole searches, leaves, and a row for each replica, latencies over the last minute. */
export function renderStatus(cluster: unknown, url: string): string {
  const { members, indexes, latencyMs, hedging } = asRecord(cluster);
  const replicas = asList(indexes).map(asRecord).flatMap(replicaRows);
  return [
    renderSummary(url, asRecord(latencyMs), asRecord(hedging)),
    renderTable(leafColumns, asList(members).map(asRecord).map(leafRow)),
    replicas.length === 0 ? "no indexes\n" : renderTable(replicaColumns, replicas),
  ].join("\n");
}

function renderSummary(url: string, latencyMs: Record<string, unknown>, hedging: Record<string, unknown>): string {
  const { count, p50Ms, p99Ms, p999Ms } = asRecord(latencyMs[view]);
  const searches = asNumber(count) ?? 0;
  const speed = `p50 ${shownMs(p50Ms)}, p99 ${shownMs(p99Ms)}, p99.9 ${shownMs(p999Ms)}`;
  const hedged = `${(100 * (asNumber(hedging.rate) ?? 0)).toFixed(1)} % hedged`;
  const figures =
    searches === 0
      ? "no searches in the last minute"
      : `${formatCount(searches, "search")} in the last minute: ${speed}`;
  return `${url}  ${figures}, ${hedged} since the start\n`;
}

function leafRow({ name, zone, inflight, rttMs, url, ...member }: Record<string, unknown>): string[] {
  const state = leafState(member);
  return [shown(name), shown(zone), plain(state, cellLengthMax), shown(inflight), shownMs(rttMs), shown(url)];
}

function leafState({ connected, trouble, state, leaseMs, replicas }: Record<string, unknown>): string {
  const { departing } = asRecord(replicas);
  const leaving = state === "leaving" ? `leaving, ${asNumber(departing) ?? 0} to move` : undefined;
  if (connected === true) return leaving ?? "connected";
  const lease = asNumber(leaseMs);
  const left = lease === undefined ? "" : `, taken off in ${Math.ceil(lease / 1000)} s`;
  return `${leaving ?? "unreachable"}${left}${typeof trouble === "string" ? `: ${trouble}` : ""}`;
}

function replicaRows({ index, shards }: Record<string, unknown>): string[][] {
  return asList(shards)
    .map(asRecord)
    .flatMap(({ shard, documents, replicas }) => {
      const known = asList(replicas).map(asRecord);
      const shardCells = [shown(index), shown(shard), formatCount(asNumber(documents) ?? 0)];
      return known.length === 0
        ? [[...shardCells, "-", "-", "no replica", "-", "-", "-", "-"]]
        : known.map((replica) => [...shardCells, ...replicaCells(replica)]);
    });
}

function replicaCells({ leaf, zone, sequence, inflight, latencyMs, ...replica }: Record<string, unknown>): string[] {
  const { count, p50Ms, p99Ms } = asRecord(asRecord(latencyMs)[view]);
  const isIdle = (asNumber(count) ?? 0) === 0;
  const speeds = isIdle ? ["-", "-"] : [shownMs(p50Ms), shownMs(p99Ms)];
  const { state, place } = replica;
  const moving = place === "arriving" || place === "departing" ? `, ${place}` : "";
  return [shown(leaf), shown(zone), `${shown(state)}${moving}`, shown(sequence), shown(inflight), ...speeds];
}

function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  return plain(asText(value) ?? "-", cellLengthMax);
}

function shownMs(value: unknown): string {
  const durationMs = asNumber(value);
  return durationMs === undefined ? "-" : `${durationMs.toFixed(1)} ms`;
}
