import { writeFileSync } from "node:fs";
import { metricPage } from "./metric-page.ts";

const usage = "npm run metrics-page: write deploy/METRICS.md, the page of all metrics, anew; takes no flags\n";
const [first] = process.argv.slice(2);

if (first === "--help" || first === "-h") process.stdout.write(usage);
else if (first === undefined) writeFileSync(new URL("../../deploy/METRICS.md", import.meta.url), metricPage());
else {
  process.stderr.write(`metrics-page: "${first}" is no flag\n${usage}`);
  process.exitCode = 2;
}
