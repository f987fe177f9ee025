import { escapeHtml } from "../../src/protocol/escape-html.ts";
import { type Origin, origins } from "../profile/called-function.ts";
import { flameBoxes } from "../profile/flame-boxes.ts";
import { originTimes } from "../profile/function-times.ts";
import { type ProcessProfile, profileTable } from "../profile/process-profile.ts";
import { flameSvg, percent } from "./flame-svg.ts";

/** Parts of a flame graph that are narrower are not drawn. */
const widthMin = 0.002;

const originNames: Readonly<Record<Origin, string>> = {
  hedgerow: "Hedgerow",
  packages: "node_modules",
  node: "Node",
  native: "native",
  "garbage-collection": "garbage collection",
};

export const profileStyle = `:root{--hedgerow:#9fd3a8;--packages:#f0cb86;--node:#a6c8ee;--native:#d3cedd;--garbage-collection:#f0a79b}
@media(prefers-color-scheme:dark){:root{--hedgerow:#2c6a3b;--packages:#78591c;--node:#2b5582;--native:#56515f;--garbage-collection:#8c3b2e}}
${origins.map((origin) => `.${origin}{fill:var(--${origin});background:var(--${origin})}`).join("")}
.flame{display:block;font:11px system-ui,sans-serif;cursor:pointer}.flame text{fill:CanvasText;pointer-events:none}
.flame rect{stroke:Canvas;stroke-width:.5}.flame .narrow text{display:none}.flame svg:hover rect{stroke:CanvasText;stroke-width:2}.flame .around{opacity:.6}
.told{position:sticky;bottom:0;background:Canvas;min-height:1.5em;margin:.3em 0 1em;font-size:13px;overflow-wrap:anywhere}.key{padding:.1em .5em;margin-right:.5em}
details{margin:1em 0}summary{font-weight:600;cursor:pointer}.costs{font-size:13px}.costs th{text-align:left;padding-right:1em}
.costs td.number{text-align:right}.wide{overflow-x:auto}`;

/** The name that a profile goes by in the report's directory. */
export function profileFile(leg: number, process: string): string {
  return `leg-${leg}-${process}.cpuprofile`;
}

/** What every process did with its time, as a part of the page; nothing where nobody asked. The first two are unfolded. */
export function profileSection(profiles: readonly ProcessProfile[]): string {
  if (profiles.length === 0) return "";
  const hasVariants = new Set(profiles.map(({ variant }) => variant)).size > 1;
  const keys = origins.map((origin) => `<span class="key ${origin}">${originNames[origin]}</span>`).join("");
  const parts = profiles.map((profile, i) => processPart(profile, { hasVariants, isOpen: i < 2 }));
  return `<h2>Where the time went</h2>
<p>What the main thread of each process did after the warm-up, sampled every half millisecond; shares are of the time in
which it was not idle. Callers are above what they call, and parts below ${percent(widthMin)} are not drawn. A click lets a part
fill the width, one on the top row shows everything again. Being sampled costs time: figures of this run do not compare
with those of one without.</p><p>${keys}</p>${parts.join("")}`;
}

function processPart(
  profile: ProcessProfile,
  { hasVariants, isOpen }: { hasVariants: boolean; isOpen: boolean },
): string {
  const { variant, process, recorded, missing, spent } = profile;
  const name = hasVariants ? `${variant}, ${process}` : process;
  const lacking = missing.map(({ leg, why }) => `<p>No profile of leg ${leg}: ${escapeHtml(why)}.</p>`).join("");
  const begin = `<details${isOpen ? " open" : ""}><summary>${escapeHtml(name)}: `;
  if (recorded.length === 0) return `${begin}no profile</summary>${lacking}</details>`;
  const { tree, idleMs, unseenMs } = spent;
  const busyShare = shareOf(tree.totalMs, tree.totalMs + idleMs + unseenMs);
  const files = recorded.map(({ leg }) => profileFile(leg, process)).join(", ");
  return `${begin}busy ${percent(busyShare)}</summary>${lacking}
<p>Busy ${seconds(tree.totalMs)}, idle ${seconds(idleMs)}, stopped or waiting for a processor ${seconds(unseenMs)}: ${escapeHtml(files)}</p>
<p>${originText(profile)}</p>
${flameSvg(flameBoxes(tree, widthMin), `flame graph of ${name}`)}<p class="told"></p>${costTable(profile)}</details>`;
}

function originText({ spent: { tree } }: ProcessProfile): string {
  const times = originTimes(tree);
  return origins
    .map((origin) => `${originNames[origin]} ${percent(shareOf(times.get(origin) ?? 0, tree.totalMs))}`)
    .join(", ");
}

function costTable(profile: ProcessProfile): string {
  const { busyMs, functions } = profileTable(profile);
  const share = (ms: number): string => `<td class="number">${percent(shareOf(ms, busyMs))}</td>`;
  const rows = functions.map(({ name, place, origin, selfMs, totalMs }) => {
    const called = `<td>${escapeHtml(name)}</td><td>${escapeHtml(place)}</td>`;
    return `<tr>${share(selfMs)}${share(totalMs)}${called}<td><span class="key ${origin}">${originNames[origin]}</span></td></tr>`;
  });
  const head = ["self", "total", "function", "where it begins", "whose"].map((title) => `<th>${title}</th>`).join("");
  return `<div class="wide"><table class="costs"><tr>${head}</tr>${rows.join("")}</table></div>`;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
