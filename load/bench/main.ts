/** `npm run bench -- NAME [--json]`: runs one of the benchmarks beside this file. */
type Benchmark = { run(options: { json: boolean }): Promise<void> };

const benchmarks: Record<string, () => Promise<Benchmark>> = {
  engine: () => import("./engine.ts"),
  indexing: () => import("./indexing.ts"),
  fanout: () => import("./fanout.ts"),
  features: () => import("./features.ts"),
  recording: () => import("./recording.ts"),
  log: () => import("./log.ts"),
  scrape: () => import("./scrape.ts"),
  restart: () => import("./restart.ts"),
  writes: () => import("./writes.ts"),
};

const [name = "", ...flags] = process.argv.slice(2);
const load = benchmarks[name];
const unknown = flags.find((flag) => flag !== "--json");
if (load === undefined || unknown !== undefined) {
  const wrong = load === undefined ? `there is no benchmark "${name}"` : `"${unknown}" is not a flag`;
  console.error(`${wrong}\nusage: npm run bench -- ${Object.keys(benchmarks).join("|")} [--json]`);
  process.exitCode = 2;
} else {
  await (await load()).run({ json: flags.includes("--json") });
}
