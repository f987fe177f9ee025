import { expect, test } from "vitest";
import { play } from "../../src/simulator/play.ts";
import { reportHtml } from "../../src/simulator/report.ts";
import { readScenarioFile } from "../../src/simulator/scenario.ts";
import { smallScenario } from "../support/small-scenario.ts";

test("the report stands by itself, draws every variant and shows what it is given as text", () => {
  const { variants } = readScenarioFile({
    ...smallScenario,
    variants: { a: {}, "b<i>": { policy: { none: true } } },
  });
  const played = new Map(variants.map((run) => [run.variant, play(run, 1, { timeline: true })]));
  const page = reportHtml("small", "wide & <b>bold</b>", played);
  expect(page).toContain("wide &amp; &lt;b&gt;bold&lt;/b&gt;");
  expect(page).not.toMatch(/<i>|<script|https?:|src=|href=|NaN|Infinity|undefined/);
  const lines = [...page.matchAll(/<polyline[^>]* points="([^"]*)"/g)].map(([, points]) => points?.split(" ") ?? []);
  expect(lines).toHaveLength(4 * variants.length);
  for (const points of lines) expect(points.length).toBeGreaterThan(8);
  const [curve] = lines;
  const upwards = (curve ?? []).map((point) => Number(point.split(",")[1]));
  expect(upwards).toEqual(upwards.toSorted((a, b) => b - a));
});
