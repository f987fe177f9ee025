import type { SearchAnswer } from "./answers.ts";
import { make, span } from "./dom.ts";
import { counted, countText, durationText, shareText } from "./figures.ts";
import { type StretchKind, stretchKinds, type Timeline, type TimelineRow, timelineOf } from "./timeline.ts";

/** What the legend and the readers of bars call each kind of stretch. */
const kinds: Readonly<Record<StretchKind, string>> = {
  plan: "plan",
  merge: "merge",
  network: "on the way",
  queue: "queued at the leaf",
  complete: "searched all",
  truncated: "stopped at the deadline",
  unused: "answered too late to be used",
  cancelled: "cancelled",
  missing: "no answer",
  waiting: "waiting for shards",
};

/** An answer's way: when each shard was asked, hedged, cancelled and heard, up to the deadline; and what it rests on. */
export function waterfallOf(answer: SearchAnswer): Node[] {
  const timeline = timelineOf(answer);
  return [summary(answer), table(timeline), legend(timeline), facts(answer)];
}

function summary({ coverage, complete, timing }: SearchAnswer): HTMLElement {
  const { shards } = coverage;
  const parts = [
    `${shards.complete} of ${counted(shards.total, "shard")} complete`,
    ...(shards.truncated > 0 ? [`${shards.truncated} truncated`] : []),
    ...(shards.missing > 0 ? [`${shards.missing} missing`] : []),
  ];
  return make("p", { class: "verdict" }, [
    make("span", { class: complete ? "state state-ready" : "state state-probation" }, [
      complete ? "complete" : "partial",
    ]),
    ` ${parts.join(", ")}; ${shareText(coverage.documents)} of the documents, in ${durationText(timing.tookMs)} of ${durationText(timing.budgetMs)}`,
  ]);
}

function table(timeline: Timeline): HTMLElement {
  const head = make("tr", {}, [
    make("th", { scope: "col" }, ["Who"]),
    make("th", { scope: "col", class: "track-head" }, [make("span", { class: "unseen" }, ["When"]), axis(timeline)]),
    make("th", { scope: "col" }, ["Outcome"]),
  ]);
  return make("table", { class: "waterfall", id: "waterfall-table" }, [
    make("caption", { class: "unseen" }, ["Every attempt of this query, in milliseconds since it came"]),
    make("thead", {}, [head]),
    make(
      "tbody",
      {},
      timeline.rows.map((row) => line(row, timeline)),
    ),
  ]);
}

function axis({ ticksMs, place, deadlineMs, isBroken }: Timeline): HTMLElement {
  const deadline = make("span", { class: "tick tick-deadline" }, [durationText(deadlineMs)]);
  deadline.style.left = `${place(deadlineMs) * 100}%`;
  const ticks = ticksMs
    .filter((instantMs) => isBroken || place(instantMs) < place(deadlineMs) - 0.12)
    .map((instantMs) => {
      const tick = make("span", { class: "tick" }, [instantMs === 0 ? "0" : durationText(instantMs)]);
      tick.style.left = `${place(instantMs) * 100}%`;
      return tick;
    })
    .filter((_, i) => !isBroken || place(ticksMs[i] ?? 0) < 0.76);
  return make("span", { class: "axis", "aria-hidden": "true" }, [...ticks, deadline]);
}

function line(row: TimelineRow, timeline: Timeline): HTMLElement {
  const isExtra = row.kind !== "root" && row.kind !== "first";
  const badge = isExtra ? [make("span", { class: "badge" }, [row.kind])] : [];
  return make(
    "tr",
    { class: isExtra ? "row-extra" : "row-first", "data-outcome": row.outcome, "data-kind": row.kind },
    [
      make("th", { scope: "row" }, [row.name, " ", make("span", { class: "faint" }, [row.detail]), " ", ...badge]),
      make("td", { class: "track-cell" }, [track(row, timeline), make("span", { class: "unseen" }, [spoken(row)])]),
      make("td", { class: `outcome outcome-${row.outcome.replaceAll(" ", "-")}` }, [row.outcome]),
    ],
  );
}

function track({ stretches, note }: TimelineRow, { place, deadlineMs, isBroken, ticksMs }: Timeline): HTMLElement {
  const grid = ticksMs.map((instantMs) => {
    const rule = make("span", { class: "rule" });
    rule.style.left = `${place(instantMs) * 100}%`;
    return rule;
  });
  const bars = stretches
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .map(({ kind, fromMs, toMs }) => {
      const bar = make("span", { class: `bar bar-${kind}`, title: `${kinds[kind]}: ${durationText(toMs - fromMs)}` });
      span(bar, place(fromMs), place(toMs));
      return bar;
    });
  const deadline = make("span", { class: isBroken ? "deadline deadline-far" : "deadline" });
  deadline.style.left = `${place(deadlineMs) * 100}%`;
  return make("div", { class: "track", "aria-hidden": "true", title: note }, [...grid, ...bars, deadline]);
}

/** A row as it is read out. */
function spoken({ stretches, note }: TimelineRow): string {
  const times = stretches
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .map(({ kind, fromMs, toMs }) => `${kinds[kind]} from ${fromMs.toFixed(2)} to ${toMs.toFixed(2)} ms`);
  return [...times, ...(note === "" ? [] : [note])].join(", ");
}

function legend({ rows, isBroken }: Timeline): HTMLElement {
  const shown = stretchKinds.filter((kind) => rows.some(({ stretches }) => stretches.some((one) => one.kind === kind)));
  const items = shown.map((kind) =>
    make("li", {}, [make("span", { class: `swatch bar-${kind}`, "aria-hidden": "true" }), kinds[kind]]),
  );
  const deadline = make("li", {}, [
    make("span", { class: "swatch swatch-deadline", "aria-hidden": "true" }),
    isBroken ? "deadline (the axis is broken before it)" : "deadline",
  ]);
  return make("ul", { class: "legend", "aria-label": "Meaning of the bars" }, [...items, deadline]);
}

function facts({ timing, statistics, shards, profile, traceId }: SearchAnswer): HTMLElement {
  const onLeaves = profile?.attempts.flatMap(({ onLeaf }) => (onLeaf === undefined ? [] : [onLeaf])) ?? [];
  const postings = onLeaves.reduce((sum, one) => sum + one.postings, 0);
  const clockErrorMs = Math.max(0, ...onLeaves.map((one) => one.clockErrorMs));
  const searched = shards.reduce((sum, { documents }) => sum + documents, 0);
  const rows: (readonly [string, string])[] = [
    ["Plan", durationText(timing.planMs)],
    ["Scatter and gather", durationText(timing.scatterMs)],
    ["Merge", durationText(timing.mergeMs)],
    ["Searched", `${countText(searched)} of ${counted(statistics.documents, "document")}`],
    ...(onLeaves.length === 0
      ? []
      : ([
          ["Work, in postings", countText(postings)],
          ["Leaves' clocks", `known to ± ${durationText(clockErrorMs)}`],
        ] as const)),
    ["Statistics", statistics.epoch],
    ["Trace", traceId],
  ];
  const list = rows.flatMap(([name, value]) => [make("dt", {}, [name]), make("dd", {}, [value])]);
  return make("dl", { class: "facts" }, list);
}
