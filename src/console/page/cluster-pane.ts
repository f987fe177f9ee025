import type { Clock, Timers } from "../../time.ts";
import type { ClusterAnswer } from "./answers.ts";
import { ApiFailure, ask } from "./api.ts";
import { Chart } from "./chart.ts";
import { find, make } from "./dom.ts";
import { counted, countText, durationText, rateText, shareText } from "./figures.ts";
import { type Change, History } from "./history.ts";
import { Latest } from "./latest.ts";
import { drawMaps } from "./shard-map.ts";

/** How often the cluster is asked: while it is looked at, and while only its pulse is. */
const refreshMs = { shown: 1_000, hidden: 5_000 };
const changesMax = 12;

export type ClusterPaneOptions = { timers: Timers; clock: Clock; onFailure(error: unknown): void; onAnswer(): void };

/** The cluster as the root sees it, every second while somebody looks. */
export class ClusterPane {
  readonly #options: ClusterPaneOptions;
  readonly #history = new History();
  readonly #latest: Latest;
  readonly #latency: Chart;
  readonly #load: Chart;
  readonly #hedges: Chart;
  #isShown = false;

  constructor(options: ClusterPaneOptions) {
    this.#options = options;
    this.#latest = new Latest(options.timers);
    this.#latency = new Chart({
      place: find("latency-chart", HTMLDivElement),
      isLogarithmic: true,
      lines: [
        { name: "p50", colour: "--line-1", text: durationText },
        { name: "p99", colour: "--line-2", text: durationText, dash: [7, 3] },
        { name: "p99.9", colour: "--line-3", text: durationText, dash: [2, 3] },
      ],
    });
    const load = find("load-chart", HTMLDivElement);
    this.#load = new Chart({
      place: load,
      isLogarithmic: false,
      lines: [{ name: "searches a second", colour: "--line-1", text: rateText }],
    });
    this.#hedges = new Chart({
      place: find("hedge-chart", HTMLDivElement),
      isLogarithmic: false,
      lines: [{ name: "hedged attempts", colour: "--line-2", text: shareText }],
    });
    document.addEventListener("visibilitychange", () => this.#refresh());
    this.#refresh();
  }

  /** Says whether the cluster is looked at, rather than its pulse alone. */
  show(isShown: boolean): void {
    const comesUp = isShown && !this.#isShown;
    this.#isShown = isShown;
    this.redraw();
    if (comesUp) this.#refresh();
  }

  /** Draws anew, after the colours or what is shown have changed. */
  redraw(): void {
    for (const chart of [this.#latency, this.#load, this.#hedges]) chart.recolour();
    this.#draw();
  }

  /** Asks after `delayMs` and again and again from then on. What was asked for before is given up: it would be older. */
  #refresh(delayMs = 0): void {
    this.#latest.run(delayMs, (signal) => {
      if (document.hidden) return;
      void this.#ask(signal).finally(() => {
        if (!signal.aborted) this.#refresh(this.#isShown ? refreshMs.shown : refreshMs.hidden);
      });
    });
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      const report = await ask<ClusterAnswer>("/v1/cluster", { signal });
      const changes = this.#history.take(report, this.#options.clock.nowMs());
      this.#show(report, changes);
      this.#options.onAnswer();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** A key for searches need not open the cluster: that is no trouble of the page's. */
  #fail(error: unknown): void {
    const pulse = find("pulse", HTMLElement);
    const isHidden = error instanceof ApiFailure && error.needsKey;
    pulse.dataset.state = isHidden ? "unknown" : "unreachable";
    pulse.textContent = isHidden ? "cluster not shown without a key for it" : "root does not answer";
    if (!isHidden) this.#options.onFailure(error);
  }

  #show(report: ClusterAnswer, changes: readonly Change[]): void {
    showPulse(report);
    this.#showTiles(report);
    drawMaps(find("maps", HTMLDivElement), report);
    const list = find("changes", HTMLUListElement);
    list.prepend(...changes.map((change) => make("li", {}, [changeText(change)])));
    while (list.childElementCount > changesMax) list.lastElementChild?.remove();
    find("no-changes", HTMLParagraphElement).hidden = list.childElementCount > 0;
    this.#draw();
  }

  #showTiles({ latencyMs, admission, hedging }: ClusterAnswer): void {
    const { count, p50Ms, p99Ms, p999Ms } = latencyMs["10s"];
    const { searchesPerS, hedgeRate } = this.#history.samples.at(-1) ?? {};
    const time = (durationMs: number): string => (count === 0 ? "–" : durationText(durationMs));
    const tiles: [string, string, string][] = [
      [
        "Searches",
        searchesPerS == null ? "–" : `${rateText(searchesPerS)}/s`,
        `${counted(count, "search", "searches")} in 10 s`,
      ],
      ["p50", time(p50Ms), "over 10 s"],
      ["p99", time(p99Ms), "over 10 s"],
      ["p99.9", time(p999Ms), "over 10 s"],
      ["Hedged", hedgeRate == null ? "–" : shareText(hedgeRate), `${shareText(hedging.rate)} since the start`],
      ["Hedge budget", countText(Math.floor(hedging.budgetLeft)), "attempts left"],
      ["In flight", countText(admission.inflight), `limit ${countText(admission.limit)}`],
    ];
    find("tiles", HTMLDListElement).replaceChildren(
      ...tiles.map(([name, value, note]) =>
        make("div", { class: "tile" }, [
          make("dt", {}, [name]),
          make("dd", {}, [make("span", { class: "tile-value" }, [value]), make("span", { class: "faint" }, [note])]),
        ]),
      ),
    );
  }

  #draw(): void {
    const { samples } = this.#history;
    const seconds = samples.map(({ atS }) => atS);
    const latencies = [
      samples.map(({ p50Ms }) => p50Ms),
      samples.map(({ p99Ms }) => p99Ms),
      samples.map(({ p999Ms }) => p999Ms),
    ];
    this.#latency.draw(seconds, latencies);
    this.#load.draw(seconds, [samples.map(({ searchesPerS }) => searchesPerS)]);
    this.#hedges.draw(seconds, [samples.map(({ hedgeRate }) => hedgeRate)]);
  }
}

/** The cluster in a word, wherever on the page the reader is. */
function showPulse({ indexes }: ClusterAnswer): void {
  const replicas = indexes.flatMap(({ shards }) => shards.flatMap((shard) => shard.replicas));
  const lost = indexes.flatMap(({ shards }) =>
    shards.filter((shard) => !shard.replicas.some(({ state }) => state === "ready" || state === "probation")),
  );
  const ready = replicas.filter(({ state }) => state === "ready").length;
  const pulse = find("pulse", HTMLElement);
  pulse.dataset.state = lost.length > 0 ? "unreachable" : ready < replicas.length ? "probation" : "ready";
  pulse.textContent = `${ready} of ${counted(replicas.length, "replica")} ready`;
}

function changeText({ index, shard, leaf, from, to }: Change): string {
  return `${leaf}, ${index} shard ${shard}: ${from} → ${to}`;
}
