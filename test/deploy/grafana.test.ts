import { describe, expect, it } from "vitest";
import { asList, asRecord } from "../../src/command/answers.ts";
import { runtimeMetrics } from "../../src/telemetry/metric-page.ts";
import { type MetricRow, metricTable } from "../../src/telemetry/metric-table.ts";
import { readDashboards } from "./dashboards.ts";
import { at, readYaml } from "./manifests.ts";

const dashboards = readDashboards();
const table: Readonly<Record<string, MetricRow>> = metricTable;
/** What a scrape adds to every series. */
const scrapeLabels = ["job", "instance"];

/** What an expression reads: each series with the labels that it selects by. */
function seriesIn(expr: string): { series: string; matchers: [label: string, operator: string, value: string][] }[] {
  return [...expr.matchAll(/\b((?:hedgerow|nodejs|process)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, series = "", inside = ""]) => ({
      series,
      matchers: [...inside.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)].map(([, label = "", operator = "", value = ""]) => [
        label,
        operator,
        value,
      ]),
    }),
  );
}

/** The metric that a series is of: a histogram has three, named by an ending. */
function metricOf(series: string): string {
  const base = ["_bucket", "_sum", "_count"].find((ending) => series.endsWith(ending));
  return base === undefined || series in table ? series : series.slice(0, -base.length);
}

describe("the Grafana dashboards", () => {
  it("are at least two, each with a name of its own and panels that do not overlap", () => {
    expect(dashboards.length).toBeGreaterThan(1);
    expect(new Set(dashboards.map(({ body }) => body.uid)).size).toBe(dashboards.length);
    for (const { file, panels } of dashboards) {
      expect(new Set(panels.map(({ id }) => id)).size, file).toBe(panels.length);
      const taken = new Set<string>();
      for (const { body, title } of panels) {
        const { x, y, w, h } = at(body, "gridPos");
        for (let column = Number(x); column < Number(x) + Number(w); column++) {
          expect(column, title).toBeLessThan(24);
          for (let line = Number(y); line < Number(y) + Number(h); line++) {
            expect(taken.has(`${column},${line}`), `${file}: ${title}`).toBe(false);
            taken.add(`${column},${line}`);
          }
        }
      }
    }
  });

  it("read only what the processes show, by labels and values that it has", () => {
    const read = dashboards.flatMap(({ panels }) => panels.flatMap(({ exprs }) => exprs.flatMap(seriesIn)));
    expect(read.length).toBeGreaterThan(40);
    for (const { series, matchers } of read) {
      const metric = metricOf(series);
      const row = table[metric];
      expect(row !== undefined || metric in runtimeMetrics, series).toBe(true);
      if (row !== undefined) expect(row.kind === "histogram", series).toBe(series !== metric);
      for (const [label, operator, value] of matchers) {
        if (scrapeLabels.includes(label)) continue;
        const values = row?.labels[label];
        expect(values, `${series} has no label ${label}`).toBeDefined();
        if (operator !== "=~" && values !== "bounded") expect(values, `${series} ${label}`).toContain(value);
      }
    }
  });

  it("group and name series by labels that they have", () => {
    for (const { panels } of dashboards) {
      for (const { title, body } of panels) {
        for (const target of asList(body.targets).map(asRecord)) {
          const expr = String(target.expr);
          const known = new Set(scrapeLabels);
          for (const { series } of seriesIn(expr)) {
            for (const label of Object.keys(table[metricOf(series)]?.labels ?? {})) known.add(label);
            if (series.endsWith("_bucket")) known.add("le");
          }
          const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/,\s*/));
          const named = [...String(target.legendFormat).matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
          for (const label of [...grouped, ...named]) expect([...known], `${title}: ${label}`).toContain(label);
        }
      }
    }
  });

  it("are found by what provisions them, and ask the source that is provisioned", () => {
    const [source] = asList(readYaml("deploy/grafana/provisioning/datasources/prometheus.yaml").datasources).map(
      asRecord,
    );
    const [provider] = asList(readYaml("deploy/grafana/provisioning/dashboards/hedgerow.yaml").providers).map(asRecord);
    const compose = readYaml("docker-compose.yml");
    const mounts = asList(at(compose, "services.grafana").volumes).map(String);
    expect(mounts.some((mount) => mount.includes(`dashboards:${String(at(provider, "options").path)}:`))).toBe(true);
    expect(mounts.some((mount) => mount.includes("provisioning:/etc/grafana/provisioning:"))).toBe(true);
    expect(String(source?.url)).toBe("http://prometheus:9090");
    expect(Object.keys(at(compose, "services"))).toContain("prometheus");
    for (const { panels } of dashboards) {
      for (const { type, title, body } of panels) {
        if (type === "row") continue;
        expect(["timeseries", "stat"], title).toContain(type);
        expect(at(body, "datasource"), title).toEqual({ type: "prometheus", uid: source?.uid });
        expect(asList(body.targets).length, title).toBeGreaterThan(0);
      }
    }
  });
});
