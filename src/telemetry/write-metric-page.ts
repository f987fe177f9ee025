import { writeFileSync } from "node:fs";
import { metricPage } from "./metric-page.ts";

/** `npm run metrics-page`: writes the page of all metrics anew. */
writeFileSync(new URL("../../deploy/METRICS.md", import.meta.url), metricPage());
