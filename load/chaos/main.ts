import { readFlags } from "../../src/command/flags.ts";
import { messageOf } from "../../src/errors.ts";
import { seededRandom, sleep, systemRandom } from "../../src/time.ts";
import { interruption } from "../driver/interruption.ts";
import { nextRound, type Round, troubles } from "./choice.ts";
import { ContainerEngine } from "./engine.ts";

const command = {
  usage: `npm run chaos: pause and kill leaves of a Compose project, of one zone at a time, until it is stopped

What it did is mended at the end of each round and when it ends. The next round waits for every leaf to be healthy again.`,
  flags: {
    project: { kind: "text", placeholder: "NAME", reason: "the Compose project (COMPOSE_PROJECT_NAME, hedgerow)" },
    socket: { kind: "text", placeholder: "PATH", reason: "the engine's socket (/var/run/docker.sock)" },
    every: { kind: "number", min: 1, reason: "seconds from all being healthy after a round to the next (30)" },
    for: { kind: "number", min: 1, reason: "seconds that a round lasts (10)" },
    seed: { kind: "number", isWhole: true, reason: "makes the same choices again" },
  },
} as const;

const healthEveryMs = 500;
const say = (text: string): void => void process.stdout.write(`chaos: ${text}\n`);

async function main(args: string[]): Promise<number> {
  const read = readFlags(args, command);
  if (read.kind === "help") {
    process.stdout.write(read.text);
    return 0;
  }
  if (read.kind === "misuse" || read.words.length > 0) {
    process.stderr.write(`chaos: ${read.kind === "misuse" ? read.problem : `"${read.words[0]}" is no flag`}\n`);
    return 2;
  }
  const { project = process.env.COMPOSE_PROJECT_NAME ?? "hedgerow", every = 30, for: lasts = 10, seed } = read.values;
  const engine = new ContainerEngine(read.values.socket ?? "/var/run/docker.sock");
  const random = seed === undefined ? systemRandom : seededRandom(seed);
  const stopped = interruption().catch(() => "stopped" as const);
  for (;;) {
    const round = nextRound(await engine.leaves(project), random);
    if (round === undefined) {
      process.stderr.write(`chaos: the project "${project}" has no leaves in two zones\n`);
      return 1;
    }
    await play(engine, round, Promise.race([sleep(1000 * lasts), stopped]));
    const isNext = recovered(engine, project).then(() => sleep(1000 * every));
    if ((await Promise.race([isNext, stopped])) === "stopped") return 0;
  }
}

/** Two zones in trouble at once would be another experiment: a killed leaf takes its time to come back. */
async function recovered(engine: ContainerEngine, project: string): Promise<void> {
  while (!(await engine.isHealthy(project))) await sleep(healthEveryMs);
}

/** Makes the trouble, waits, and mends all of it, whatever could not be made. */
async function play(engine: ContainerEngine, { trouble, victims }: Round, over: Promise<unknown>): Promise<void> {
  say(`${trouble} ${victims.map(({ name }) => name).join(", ")}`);
  const report = (error: unknown): void => say(messageOf(error));
  await Promise.all(victims.map((leaf) => engine.act(trouble, leaf).catch(report)));
  await over;
  await Promise.all(victims.map((leaf) => engine.act(troubles[trouble], leaf).catch(report)));
  say(`${troubles[trouble]} ${victims.map(({ name }) => name).join(", ")}`);
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`chaos: ${messageOf(error)}\n`);
  return 1;
});
// A timer of a round that was cut short would keep it running.
process.exit();
