import { execFileSync } from "node:child_process";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import { HedgerowError } from "../../src/errors.ts";
import { put, settingsOf } from "./model.ts";

/** What a writer found whose files may not grow beyond a limit for a while. */
export type LimitedReport = {
  taken: string[];
  refused: { id: string; code: string; detail: string }[];
  readable: string[];
  takenAfter: boolean;
};

const writes = 40;
const source = "x".repeat(50_000);

/** Writes, then runs into the operating system's limit on file sizes, reads, and writes again when the limit is gone. */
async function meetTheLimit(directory: string): Promise<LimitedReport> {
  const log = await createEmbeddedLog({ directory });
  const { definition: books } = await log.createIndex("books", settingsOf(2));
  const report: LimitedReport = { taken: [], refused: [], readable: [], takenAfter: false };
  limitFileSize("1000000");
  for (let i = 0; i < writes; i++) {
    const id = `${i}`;
    try {
      await log.append(books, [put(id, source)]);
      report.taken.push(id);
    } catch (error) {
      if (!(error instanceof HedgerowError)) throw error;
      report.refused.push({ id, code: error.code, detail: error.message });
    }
  }
  for (let i = 0; i < writes; i++) if ((await log.get("books", `${i}`)) !== undefined) report.readable.push(`${i}`);
  limitFileSize("unlimited");
  report.takenAfter = (await log.append(books, [put("after", source)])).kind === "appended";
  await log.close();
  return report;
}

function limitFileSize(sizeBytes: string): void {
  execFileSync("prlimit", ["--pid", `${process.pid}`, `--fsize=${sizeBytes}:unlimited`]);
}

const [, , directory] = process.argv;
if (import.meta.main && directory !== undefined) {
  process.stdout.write(JSON.stringify(await meetTheLimit(directory)));
}
