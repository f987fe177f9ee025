import type { SearchAnswer } from "./answers.ts";
import { make, span } from "./dom.ts";
import { counted, countText, durationText, shareText } from "./figures.ts";
import { type Timeline, type TimelineRow, timelineOf } from "./timeline.ts";

/** What the legend and the readers of bars call each kind of stretch. */
const kinds: Readonly<Record<string, string>> = {
  complete: "searched all",
  truncated: "stopped at the deadline",
  cancelled: "cancelled",
  missing: "no answer",
  plan: "plan",
  merge: "merge",
  network: "on the way or queued",
  waiting: "waiting",
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
  const badge = row.kind === "hedge" || row.kind === "retry" ? [make("span", { class: "badge" }, [row.kind])] : [];
  return make("tr", { class: `row-${row.kind}`, "data-outcome": row.outcome }, [
    make("th", { scope: "row" }, [row.name, " ", make("span", { class: "faint" }, [row.detail]), " ", ...badge]),
    make("td", { class: "track-cell" }, [track(row, timeline), make("span", { class: "unseen" }, [spoken(row)])]),
    make("td", { class: `outcome outcome-${row.outcome}` }, [row.outcome]),
  ]);
}

function track({ stretches }: TimelineRow, { place, deadlineMs, isBroken, ticksMs }: Timeline): HTMLElement {
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
  return make("div", { class: "track", "aria-hidden": "true" }, [...grid, ...bars, deadline]);
}

/** A row as it is read out. */
function spoken({ stretches }: TimelineRow): string {
  return stretches
    .filter(({ fromMs, toMs }) => toMs > fromMs)
    .map(({ kind, fromMs, toMs }) => `${kinds[kind]} from ${fromMs.toFixed(2)} to ${toMs.toFixed(2)} ms`)
    .join(", ");
}

function legend({ rows, isBroken }: Timeline): HTMLElement {
  const shown = Object.keys(kinds).filter((kind) =>
    rows.some(({ stretches }) => stretches.some((one) => one.kind === kind)),
  );
  const items = shown.map((kind) =>
    make("li", {}, [make("span", { class: `swatch bar-${kind}`, "aria-hidden": "true" }), kinds[kind] ?? kind]),
  );
  const deadline = make("li", {}, [
    make("span", { class: "swatch swatch-deadline", "aria-hidden": "true" }),
    isBroken ? "deadline (the axis is broken before it)" : "deadline",
  ]);
  return make("ul", { class: "legend", "aria-label": "Meaning of the bars" }, [...items, deadline]);
}

function facts({ timing, statistics, shards, traceId }: SearchAnswer): HTMLElement {
  const searched = shards.reduce((sum, { documents }) => sum + documents, 0);
  const rows: [string, string][] = [
    ["Plan", durationText(timing.planMs)],
    ["Scatter and gather", durationText(timing.scatterMs)],
    ["Merge", durationText(timing.mergeMs)],
    ["Searched", `${countText(searched)} of ${counted(statistics.documents, "document")}`],
    ["Statistics", statistics.epoch],
    ["Trace", traceId],
  ];
  const list = rows.flatMap(([name, value]) => [make("dt", {}, [name]), make("dd", {}, [value])]);
  return make("dl", { class: "facts" }, list);
}
