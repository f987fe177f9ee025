import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runtimeMetrics } from "../../src/telemetry/metric-page.ts";
import { type MetricRow, metricTable } from "../../src/telemetry/metric-table.ts";

type Rule = { record?: string; alert?: string; expr: string; labels?: Record<string, string> };

const path = (name: string): string => fileURLToPath(new URL(`../../deploy/prometheus/${name}`, import.meta.url));
const file: { groups: { name: string; rules: Rule[] }[] } = parse(readFileSync(path("rules.yml"), "utf8"));
const rules = file.groups.flatMap((group) => group.rules);
const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
const table: Readonly<Record<string, MetricRow>> = metricTable;

/** What an expression reads: metrics with the labels that it selects by. */
function selectors(expr: string): { name: string; matchers: [label: string, value: string][] }[] {
  return [...expr.matchAll(/\b((?:hedgerow|nodejs|process)[\w:]*)(?:\{([^}]*)\})?/g)].map(
    ([, name = "", inside = ""]) => ({
      name,
      matchers: [...inside.matchAll(/(\w+)!?="([^"]*)"/g)].map(([, label = "", value = ""]) => [label, value]),
    }),
  );
}

describe("the Prometheus rules", () => {
  it("read only what the processes show or what other rules record", () => {
    const read = rules.flatMap(({ expr }) => selectors(expr));
    expect(read.length).toBeGreaterThan(30);
    for (const { name, matchers } of read) {
      const row = table[name];
      expect(row !== undefined || recorded.includes(name) || name in runtimeMetrics, name).toBe(true);
      for (const [label, value] of matchers) {
        const values = row?.labels[label];
        expect(values === "bounded" || values?.includes(value), `${name} ${label}="${value}"`).toBe(true);
      }
    }
  });

  it("record nothing that no rule reads, and nothing twice", () => {
    const read = new Set(rules.flatMap(({ expr }) => selectors(expr)).map(({ name }) => name));
    for (const name of recorded) expect(read.has(name), name).toBe(true);
    expect(new Set(recorded).size).toBe(recorded.length);
  });

  it("say of each alert how bad it is and what is the matter", () => {
    for (const rule of rules.filter(({ alert }) => alert !== undefined)) {
      expect(["page", "ticket"], rule.alert).toContain(rule.labels?.severity);
      expect(rule).toHaveProperty("annotations.summary");
    }
  });
});

const promtool = process.env.PROMTOOL ?? "promtool";
const hasPromtool = spawnSync(promtool, ["--version"]).status === 0;

describe.skipIf(!hasPromtool)(
  "the Prometheus rules, by promtool (PROMTOOL names another than that of the path)",
  () => {
    it.each([
      ["are rules", ["check", "rules", path("rules.yml")]],
      ["raise what they should", ["test", "rules", path("rules.test.yml")]],
    ])("%s", (_what, args) => {
      const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: "utf8" });
      expect(status, stdout + stderr).toBe(0);
    });
  },
);
