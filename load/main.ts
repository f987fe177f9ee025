import { QueryFileError } from "./driver/query-feed.ts";
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
    return read.kind === "run" ? await play(read.options) : exitUsage;
  } catch (error) {
    process.stderr.write(`load: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof ScenarioError || error instanceof QueryFileError ? exitUsage : exitFailed;
  }
}

async function play(options: RunOptions): Promise<number> {
  const scenario = askedFor(loadLiveScenario(options.scenario), options);
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  interrupted.catch(() => undefined);
  const result = await Promise.race([run(scenario, options, progress), interrupted]);
  const held = result.verdicts.every(({ kind }) => kind === "holds");
  process.stdout.write(`${scenario.name}, seed ${options.seed}\n\n${figuresTable(result.figures)}\n`);
  if (result.verdicts.length > 0) process.stdout.write(`\n${liveVerdictLines(result.verdicts)}\n`);
  return held ? exitDone : exitFailed;
}

process.exitCode = await main(process.argv.slice(2));
