import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { asList, asRecord } from "../../src/command/answers.ts";
import { repository } from "./manifests.ts";

const folder = join(repository, "deploy/grafana/dashboards");

/** A panel with what it asks Prometheus. */
export type Panel = { id: unknown; type: unknown; title: string; body: Record<string, unknown>; exprs: string[] };
export type Dashboard = { file: string; body: Record<string, unknown>; panels: Panel[] };

/** Every provisioned dashboard. */
export function readDashboards(): Dashboard[] {
  return readdirSync(folder).map((file) => {
    const body = asRecord(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const panels = asList(body.panels).map((value): Panel => {
      const panel = asRecord(value);
      const exprs = asList(panel.targets).map((target) => String(asRecord(target).expr));
      return { id: panel.id, type: panel.type, title: String(panel.title), body: panel, exprs };
    });
    return { file, body, panels };
  });
}
