import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { escapeHtml } from "../../src/protocol/escape-html.ts";
import type { ProcessProfile } from "../profile/process-profile.ts";
import { figuresTable } from "../runner/figures-table.ts";
import type { PhaseFigures } from "../runner/measures.ts";
import { liveVerdictLines } from "../runner/verdict.ts";
import { type Phase, phases } from "../scenario/live-section.ts";
import { chartsOf } from "./chart-data.ts";
import { profileSection, profileStyle } from "./profile-section.ts";
import type { Report } from "./report.ts";

const style = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2em auto;padding:0 1em}
pre{overflow:auto;font-size:13px}figure{margin:2em 0}h1 small{font-weight:normal}
.held{color:#2a7d46}.failed{color:#c8553d}dt{font-weight:600}dd{margin:0 0 .6em}
.bar{display:inline-block;height:.7em;background:#1b6ca8;vertical-align:baseline}
td{padding:0 1em 0 0;white-space:nowrap}.u-legend{font-size:12px;text-align:left}`;

/** A page of its own, with nothing fetched from anywhere: what the run held to be true, what came of it, and its course. */
export function reportPage(report: Report, profiles: readonly ProcessProfile[]): string {
  const data = JSON.stringify({ charts: chartsOf(report) }).replaceAll("<", "\\u003c");
  const verdict = report.held ? '<span class="held">held</span>' : '<span class="failed">did not hold</span>';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(report.scenario)}: ${report.held ? "held" : "did not hold"}</title>
<style>${uplotFile("uPlot.min.css")}</style><style>${style}${profileStyle}</style></head><body>
<h1>${escapeHtml(report.scenario)} <small>${verdict}</small></h1>
<p>${escapeHtml(report.about)}</p>
<dl><dt>Steady state</dt><dd>${escapeHtml(report.steadyState)}</dd>
<dt>Hypothesis</dt><dd>${escapeHtml(report.hypothesis)}</dd></dl>
<pre>${escapeHtml(liveVerdictLines(report.verdicts))}</pre>
<h2>Figures</h2><pre>${escapeHtml(figuresTable(figuresOf(report)))}</pre>
<div id="charts"></div>
<h2>Share of each leaf in the answers</h2>${leafTables(report)}
${profileSection(profiles)}
<h2>Settings</h2><pre>${escapeHtml(settingsText(report))}</pre>
<script type="application/json" id="data">${data}</script>
<script>${uplotFile("uPlot.iife.min.js")}</script>
<script>${ownScript("draw-charts.js")}</script>
<script>${ownScript("zoom-flames.js")}</script>
</body></html>
`;
}

/** The figures of a report by variant and phase. */
export function figuresOf({ variants }: Report): Map<string, Map<Phase, PhaseFigures>> {
  return new Map(
    Object.entries(variants).map(([name, { figures }]) => [
      name,
      new Map(
        phases.flatMap((phase) => {
          const found = figures[phase];
          return found === undefined ? [] : [[phase, found] as const];
        }),
      ),
    ]),
  );
}

function leafTables({ variants }: Report): string {
  return Object.entries(variants)
    .map(([variant, { leaves }]) => {
      const total = Object.values(leaves).reduce((sum, count) => sum + count, 0);
      const rows = Object.entries(leaves)
        .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
        .map(([leaf, count]) => {
          const share = total === 0 ? 0 : count / total;
          const bar = `<span class="bar" style="width:${(share * 400).toFixed(0)}px"></span>`;
          return `<tr><td>${escapeHtml(leaf)}</td><td>${(share * 100).toFixed(1)} %</td><td>${bar}</td></tr>`;
        });
      const title = Object.keys(variants).length === 1 ? "" : `<h3>${escapeHtml(variant)}</h3>`;
      return `${title}<table>${rows.join("")}</table>`;
    })
    .join("");
}

function settingsText({ startedAt, settings, machine, capacity, lagMs }: Report): string {
  return JSON.stringify({ startedAt, settings, machine, capacityPerSecond: capacity, driverLagMs: lagMs }, null, 2);
}

function ownScript(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

function uplotFile(name: string): string {
  const root = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  return readFileSync(join(root, "dist", name), "utf8");
}
