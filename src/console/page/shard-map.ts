import type { ClusterAnswer, ClusterIndex, MemberAnswer, ReplicaAnswer } from "./answers.ts";
import { make } from "./dom.ts";
import { counted, countText, durationText } from "./figures.ts";

/** What a state looks like apart from its colour. */
const signs: Readonly<Record<string, string>> = {
  ready: "●",
  "catching-up": "◐",
  probation: "▲",
  ejected: "■",
  unreachable: "✕",
};

/**
 * Draws every index as a table: a row per shard, a column per leaf, zones side by side. What a table stands in stays from
 * one drawing to the next, so that whoever reads it is not thrown back to its beginning.
 */
export function drawMaps(place: HTMLElement, { members, indexes }: ClusterAnswer): void {
  const columns = members.toSorted((a, b) => (a.zone ?? "").localeCompare(b.zone ?? "") || byName(a.name, b.name));
  const standing = new Map([...place.children].map((map) => [map.getAttribute("data-index"), map]));
  const maps = indexes.map(({ index }) => standing.get(index) ?? emptyMap(index));
  if (maps.length !== standing.size || maps.some((map, i) => map !== place.children[i])) place.replaceChildren(...maps);
  for (const [i, index] of indexes.entries()) maps[i]?.replaceChildren(table(index, columns));
}

function emptyMap(index: string): HTMLElement {
  return make("div", {
    class: "map",
    tabindex: 0,
    role: "region",
    "aria-label": `Map of ${index}`,
    "data-index": index,
  });
}

function table({ index, statistics, shards }: ClusterIndex, columns: readonly MemberAnswer[]): HTMLElement {
  return make("table", { class: "shard-map" }, [
    make("caption", {}, [
      make("strong", {}, [index]),
      ` ${counted(statistics.documents, "document")} in ${counted(shards.length, "shard")}`,
    ]),
    make("thead", {}, [zoneRow(columns), leafRow(columns)]),
    make(
      "tbody",
      {},
      shards.map(({ shard, documents, replicas }) =>
        make("tr", {}, [
          make("th", { scope: "row" }, [
            `shard ${shard}`,
            make("span", { class: "note faint" }, [counted(documents, "document")]),
          ]),
          ...columns.map(({ name }) => cell(replicas.find(({ leaf }) => leaf === name))),
        ]),
      ),
    ),
  ]);
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function zoneRow(columns: readonly MemberAnswer[]): HTMLElement {
  const zones = [...new Set(columns.map(({ zone }) => zone))];
  const heads = zones.map((zone) => {
    const colspan = columns.filter((member) => member.zone === zone).length;
    return make("th", { scope: "colgroup", colspan, class: "zone" }, [zone ?? "no zone"]);
  });
  return make("tr", {}, [make("td"), ...heads]);
}

function leafRow(columns: readonly MemberAnswer[]): HTMLElement {
  const heads = columns.map(({ name, connected, rttMs, trouble }) =>
    make("th", { scope: "col", title: trouble ?? "" }, [
      name,
      make("span", { class: connected ? "note faint" : "note lost" }, [
        connected ? (rttMs === null ? "connected" : `${durationText(rttMs)} away`) : "not connected",
      ]),
    ]),
  );
  return make("tr", {}, [make("th", { scope: "col" }, ["Shard"]), ...heads]);
}

function cell(replica: ReplicaAnswer | undefined): HTMLElement {
  if (replica === undefined) {
    return make("td", { class: "no-replica" }, [make("span", { class: "unseen" }, ["no replica"])]);
  }
  const { leaf, state, inflight, latencyMs } = replica;
  const { count, p99Ms } = latencyMs["10s"];
  const times = count === 0 ? "idle" : `p99 ${durationText(p99Ms)}`;
  return make("td", { class: "replica", "data-leaf": leaf, "data-state": state }, [
    make("span", { class: `state state-${state}` }, [
      make("span", { class: "sign", "aria-hidden": "true" }, [signs[state] ?? "○"]),
      state,
    ]),
    make("span", { class: "note figure" }, [inflight === 0 ? times : `${times}, ${countText(inflight)} in flight`]),
  ]);
}
