import { ablations, sweptScenarios, worthLines } from "./ablate.ts";
import { readArguments, type SimulateRequest, UsageError, usage } from "./arguments.ts";
import { type Played, play } from "./play.ts";
import { reportHtml } from "./report.ts";
import { reportObstacle, writeReport } from "./report-file.ts";
import { onlyVariant, type Scenario, type ScenarioFile } from "./scenario.ts";
import { loadProfile, loadScenario } from "./scenario-store.ts";
import { ScenarioError } from "./section.ts";
import { figuresTable, verdictLines } from "./table.ts";
import { judge } from "./target.ts";

const exitDone = 0;
const exitFailed = 1;
const exitUsage = 2;

/** Plays what was asked for, prints it, and answers the exit code: 1 when a target is missed or the report fails. */
function simulate(request: SimulateRequest): number {
  const file = request.scenario === undefined ? sweep() : loadScenario(request.scenario);
  const profile = request.profile === undefined ? undefined : loadProfile(request.profile);
  const chosen = file.variants.filter(({ variant }) => request.variant === undefined || variant === request.variant);
  if (chosen.length === 0) throw new UsageError(noVariant(file, request.variant));
  const withProfile = chosen.map((run): Scenario => (profile === undefined ? run : { ...run, service: profile }));
  const runs = request.ablate ? withProfile.flatMap(ablations) : withProfile;
  const played = new Map<string, Played>();
  for (const run of runs) {
    played.set(run.variant, play(run, request.seed, { timeline: request.report !== undefined }));
  }
  const figures = new Map([...played].map(([variant, run]) => [variant, run.figures]));
  const verdicts = request.ablate || profile !== undefined ? [] : judge(file.targets, figures);
  if (request.json) {
    const only = figures.get(onlyVariant);
    const alone = figures.size === 1 && only !== undefined;
    const nested = { scenario: file.name, seed: request.seed, variants: Object.fromEntries(figures) };
    process.stdout.write(`${JSON.stringify(alone ? only : nested)}\n`);
  } else {
    const worth = request.ablate ? worthLines(figures) : "";
    const parts = [`${file.name}, seed ${request.seed}`, figuresTable(figures), verdictLines(verdicts), worth];
    process.stdout.write(`${parts.filter((part) => part !== "").join("\n\n")}\n`);
  }
  const { report } = request;
  const complaint = report === undefined ? undefined : writeReport(report, reportHtml(file.name, file.about, played));
  if (complaint !== undefined) process.stderr.write(`${complaint}\n`);
  return complaint === undefined && verdicts.every((verdict) => verdict.holds) ? exitDone : exitFailed;
}

function sweep(): ScenarioFile {
  const about = "What each policy is worth, in scenarios that between them need every one.";
  return { name: "ablation", about, variants: sweptScenarios(), targets: [] };
}

function noVariant({ name, variants }: ScenarioFile, wanted: string | undefined): string {
  return `${name} has no variant ${wanted}; there are ${variants.map(({ variant }) => variant).join(", ")}`;
}

function run(args: readonly string[]): number {
  try {
    const request = readArguments(args);
    if (request === "help") {
      process.stdout.write(`${usage}\n`);
      return exitDone;
    }
    // Before all that takes minutes.
    const obstacle = request.report === undefined ? undefined : reportObstacle(request.report);
    if (obstacle === undefined) return simulate(request);
    process.stderr.write(`${obstacle}\n`);
    return exitUsage;
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof ScenarioError)) throw error;
    process.stderr.write(`${error.message}\n${error instanceof UsageError ? `\n${usage}\n` : ""}`);
    return exitUsage;
  }
}

process.exitCode = run(process.argv.slice(2));
