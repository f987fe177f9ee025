import { type ComparedFigure, compareSeconds, comparisonTable } from "./compare/compare.ts";
import { ReportError, readReport } from "./compare/read-report.ts";
import { QueryFileError } from "./driver/query-feed.ts";
import { predictionLines } from "./predict/predict.ts";
import { type Report, reportOf } from "./report/report.ts";
import { writeReport } from "./report/write.ts";
import { figuresTable } from "./runner/figures-table.ts";
import { type RunOptions, readOptions, usage } from "./runner/options.ts";
import { askedFor } from "./runner/plan.ts";
import { ProgressLine } from "./runner/progress-line.ts";
import { run } from "./runner/run.ts";
import { liveVerdictLines } from "./runner/verdict.ts";
import { loadLiveScenario, ScenarioError } from "./scenario/live-scenario.ts";

const exitDone = 0;
const exitFailed = 1;
const exitUsage = 2;

const progress = new ProgressLine({
  stderr: (text) => void process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
});

async function main(args: readonly string[]): Promise<number> {
  const read = readOptions(args);
  if (read.kind === "help") {
    process.stdout.write(usage);
    return exitDone;
  }
  if (read.kind === "invalid") {
    process.stderr.write(`load: ${read.detail}\n\n${usage}`);
    return exitUsage;
  }
  try {
    if (read.kind === "compare") return compare(read);
    return await play(read.options);
  } catch (error) {
    process.stderr.write(`load: ${error instanceof Error ? error.message : String(error)}\n`);
    return isMistaken(error) ? exitUsage : exitFailed;
  }
}

/** Whether what was asked for cannot be done as it stands. */
function isMistaken(error: unknown): boolean {
  return error instanceof ScenarioError || error instanceof QueryFileError || error instanceof ReportError;
}

async function play(options: RunOptions): Promise<number> {
  const scenario = askedFor(loadLiveScenario(options.scenario), options);
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  interrupted.catch(() => undefined);
  const result = await run(scenario, options, { progress, interrupted });
  const report = reportOf(result, options);
  if (options.report !== undefined) await writeReport(options.report, report);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    const parts = [
      `${scenario.name}, seed ${options.seed}: ${scenario.variants[0]?.live.hypothesis ?? ""}`,
      figuresTable(result.figures),
      ...betweenVariants(report).map(({ title, figures }) => comparisonTable(title, figures)),
      liveVerdictLines(result.verdicts),
      predictionLines(result.predictions),
      latenessText(result.lagMs),
    ];
    process.stdout.write(`${parts.filter((part) => part !== "").join("\n\n")}\n`);
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

function compare({ before, after, json }: { before: string; after: string; json: boolean }): number {
  const runs = { before: readReport(before), after: readReport(after) };
  const compared = [...runs.before.variants].flatMap(([variant, seconds]): Comparison[] => {
    const others = runs.after.variants.get(variant);
    return others === undefined ? [] : [{ title: variant, figures: compareSeconds(seconds, others) }];
  });
  if (compared.length === 0) throw new ReportError(`${before} and ${after} have no variant in common`);
  if (json) process.stdout.write(`${JSON.stringify({ before, after, variants: compared })}\n`);
  else {
    const head = `${runs.before.scenario} of ${runs.before.startedAt} -> ${runs.after.scenario} of ${runs.after.startedAt}`;
    const tables = compared.map(({ title, figures }) => comparisonTable(title, figures));
    process.stdout.write(`${[head, ...tables, "* the interval does not hold 1"].join("\n\n")}\n`);
  }
  return exitDone;
}

process.exitCode = await main(process.argv.slice(2));
