import { messageOf } from "../../src/errors.ts";
import { type ComparedFigure, compareSeconds, comparisonTable } from "../compare/compare.ts";
import { ReportError, readReport } from "../compare/read-report.ts";
import { QueryFileError } from "../driver/query-feed.ts";
import { predictionLines } from "../predict/predict.ts";
import { type Report, reportOf } from "../report/report.ts";
import { writeReport } from "../report/write.ts";
import { loadLiveScenario, ScenarioError } from "../scenario/live-scenario.ts";
import { figuresTable } from "./figures-table.ts";
import { type RunOptions, readOptions, usage } from "./options.ts";
import { askedFor } from "./plan.ts";
import { type ProgressIo, ProgressLine } from "./progress-line.ts";
import { run } from "./run.ts";
import { liveVerdictLines } from "./verdict.ts";

const exitDone = 0;
const exitFailed = 1;
const exitUsage = 2;

/** Where the harness speaks, and how it hears that it is to stop: `interrupted` rejects then. */
export type LoadIo = ProgressIo & { stdout(text: string): void; interrupted: Promise<never> };

/** `npm run load`: plays a scenario or compares two reports, and gives the exit code. */
export async function runLoad(args: readonly string[], io: LoadIo): Promise<number> {
  const read = readOptions(args);
  if (read.kind === "help") {
    io.stdout(usage);
    return exitDone;
  }
  if (read.kind === "invalid") {
    io.stderr(`load: ${read.detail}\n\n${usage}`);
    return exitUsage;
  }
  try {
    if (read.kind === "compare") return compare(read, io);
    return await play(read.options, io);
  } catch (error) {
    io.stderr(`load: ${messageOf(error)}\n`);
    return isMistaken(error) ? exitUsage : exitFailed;
  }
}

/** Whether what was asked for cannot be done as it stands. */
function isMistaken(error: unknown): boolean {
  return error instanceof ScenarioError || error instanceof QueryFileError || error instanceof ReportError;
}

async function play(options: RunOptions, io: LoadIo): Promise<number> {
  const scenario = askedFor(loadLiveScenario(options.scenario), options);
  const result = await run(scenario, options, { progress: new ProgressLine(io), interrupted: io.interrupted });
  const report = reportOf(result, options);
  if (options.report !== undefined) await writeReport(options.report, report, result.profiles);
  if (options.json) io.stdout(`${JSON.stringify(report)}\n`);
  else {
    const parts = [
      `${scenario.name}, seed ${options.seed}: ${scenario.variants[0]?.live.hypothesis ?? ""}`,
      figuresTable(result.figures),
      ...betweenVariants(report).map(({ title, figures }) => comparisonTable(title, figures)),
      liveVerdictLines(result.verdicts),
      predictionLines(result.predictions),
      latenessText(result.lagMs),
    ];
    io.stdout(`${parts.filter((part) => part !== "").join("\n\n")}\n`);
  }
  return report.held ? exitDone : exitFailed;
}

const lateMsMax = 50;

/** A machine that cannot even send in time measures itself: that has to be known of a run, whatever its verdict. */
function latenessText(lagMs: Report["lagMs"] | undefined): string {
  if (lagMs === undefined || lagMs === null || lagMs.p99 <= lateMsMax) return "";
  const late = `one query in a hundred left ${lagMs.p99.toFixed(0)} ms late or later`;
  return `This machine was too busy to send in time: ${late}. These figures are the machine's.`;
}

type Comparison = { title: string; figures: ComparedFigure[] };

/** The first variant beside each other one. */
function betweenVariants({ variants }: Report): Comparison[] {
  const [first, ...others] = Object.entries(variants);
  return others.map(([name, { seconds }]) => {
    return { title: `${first?.[0] ?? ""} -> ${name}`, figures: compareSeconds(first?.[1].seconds ?? [], seconds) };
  });
}

function compare({ before, after, json }: { before: string; after: string; json: boolean }, io: LoadIo): number {
  const runs = { before: readReport(before), after: readReport(after) };
  const compared = [...runs.before.variants].flatMap(([variant, seconds]): Comparison[] => {
    const others = runs.after.variants.get(variant);
    return others === undefined ? [] : [{ title: variant, figures: compareSeconds(seconds, others) }];
  });
  if (compared.length === 0) throw new ReportError(`${before} and ${after} have no variant in common`);
  if (json) io.stdout(`${JSON.stringify({ before, after, variants: compared })}\n`);
  else {
    const head = `${runs.before.scenario} of ${runs.before.startedAt} -> ${runs.after.scenario} of ${runs.after.startedAt}`;
    const tables = compared.map(({ title, figures }) => comparisonTable(title, figures));
    io.stdout(`${[head, ...tables, "* the interval does not hold 1"].join("\n\n")}\n`);
  }
  return exitDone;
}
