import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reportPage } from "./page.ts";
import type { Report } from "./report.ts";

/** Writes `report.json` and `report.html` into a directory, which is made where it is not there. */
export async function writeReport(directory: string, report: Report): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "report.json"), `${JSON.stringify(report)}\n`);
  await writeFile(join(directory, "report.html"), reportPage(report));
}
