import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessProfile } from "../profile/process-profile.ts";
import { reportPage } from "./page.ts";
import { profileFile } from "./profile-section.ts";
import type { Report } from "./report.ts";

/**
 * Writes `report.json` and `report.html` into a directory, which is made where it is not there, and beside them every
 * profile, for whoever wants to look closer with other tools.
 */
export async function writeReport(
  directory: string,
  report: Report,
  profiles: readonly ProcessProfile[],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "report.json"), `${JSON.stringify(report)}\n`);
  await writeFile(join(directory, "report.html"), reportPage(report, profiles));
  for (const { process, recorded } of profiles) {
    for (const { leg, profile } of recorded) {
      await writeFile(join(directory, profileFile(leg, process)), JSON.stringify(profile));
    }
  }
}
