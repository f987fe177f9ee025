import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { demoDocuments } from "../../data/corpus.ts";
import { queryStream } from "../../data/queries.ts";
import { seededRandom } from "../../src/time.ts";
import { processorMs } from "../driver/processor-time.ts";
import { startDemoCluster } from "./demo-cluster.ts";
import { startProcess } from "./processes.ts";

type Target = { url: string; path: string; bodies: string[]; rootPid: number; leafPids: number[] };
type Round = {
  queries: number;
  seconds: number;
  rootMs: number;
  leavesMs: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
};

const rounds = 3;
const roundS = 8;
/** By then the runtime has compiled what it will; a sixth of the processor time of the first ten seconds is that. */
const warmUpS = 25;
/** Searches of the Zipf stream, of ten thousand different ones. */
const repeatedSearches = 4000;
const connections = 32;
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * Throughput and processor time per query (root and leaves, as the operating system books it) of the real four-shard
 * search over the demo corpus, beside the same fan-out with leaves that only echo. In alternation in one run, so that
 * what disturbs the machine disturbs both. And of a Zipf stream that answers of before may be given to again.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const cluster = await startDemoCluster();
  const leaves = await Promise.all([1, 2, 3, 4].map((n) => startProcess(path("echo-leaf.ts"), [`echo-${n}`])));
  const echo = await startProcess(
    path("echo-root.ts"),
    leaves.map(({ url }) => url),
  );
  try {
    const { url, path: searchPath, bodies, processes } = cluster;
    const [root, ...shards] = processes;
    const search: Target = {
      url,
      path: searchPath,
      bodies,
      rootPid: root?.pid ?? 0,
      leafPids: shards.map(({ pid }) => pid),
    };
    const repeated: Target = { ...search, bodies: repeatedBodies() };
    const floor: Target = {
      url: echo.url,
      path: "/",
      bodies,
      rootPid: echo.pid,
      leafPids: leaves.map(({ pid }) => pid),
    };
    const results: Record<"search" | "echo" | "repeated", Round[]> = { search: [], echo: [], repeated: [] };
    await measure(search, warmUpS);
    await measure(floor, warmUpS);
    await measure(repeated, roundS);
    for (let round = 0; round < rounds; round++) {
      results.search.push(await measure(search, roundS));
      results.echo.push(await measure(floor, roundS));
      results.repeated.push(await measure(repeated, roundS));
    }
    print(
      {
        search: summarize(results.search),
        echo: summarize(results.echo),
        repeated: summarize(results.repeated),
      },
      json,
    );
  } finally {
    await Promise.all([echo.stop(), ...leaves.map((leaf) => leaf.stop()), cluster.stop()]);
  }
}

/** The same few searches again and again, as people ask them; answers that stand may be given again. */
function repeatedBodies(): string[] {
  const stream = queryStream(demoDocuments(), { random: seededRandom(9) });
  return Array.from({ length: repeatedSearches }, () => JSON.stringify(stream.next().value));
}

/** Connections begin at different places: in step they would all ask the same, while it is at hand everywhere. */
async function measure(target: Target, seconds: number): Promise<Round> {
  const before = await spentMs(target);
  const headers = { "content-type": "application/json" };
  const requests: autocannon.Request[] = target.bodies.map((body) => ({
    method: "POST",
    path: target.path,
    headers,
    body,
  }));
  let clients = 0;
  const setupClient = (client: autocannon.Client): void => {
    const from = Math.floor((clients++ * requests.length) / connections);
    client.setRequests([...requests.slice(from), ...requests.slice(0, from)]);
  };
  const result = await autocannon({ url: target.url, connections, duration: seconds, requests, setupClient });
  const after = await spentMs(target);
  return {
    queries: result["2xx"],
    seconds: result.duration,
    rootMs: after.rootMs - before.rootMs,
    leavesMs: after.leavesMs - before.leavesMs,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    errors: result.errors + result.non2xx,
  };
}

async function spentMs({ rootPid, leafPids }: Target): Promise<{ rootMs: number; leavesMs: number }> {
  return { rootMs: await processorMs([rootPid]), leavesMs: await processorMs(leafPids) };
}

type Summary = {
  queriesPerSecond: number;
  processorMsPerQuery: number;
  rootMsPerQuery: number;
  leavesMsPerQuery: number;
  p50Ms: number;
  p99Ms: number;
  errors: number;
};

function summarize(all: readonly Round[]): Summary {
  const sum = (value: (round: Round) => number): number => all.reduce((total, round) => total + value(round), 0);
  const queries = sum((round) => round.queries);
  const rootMsPerQuery = sum(({ rootMs }) => rootMs) / queries;
  const leavesMsPerQuery = sum(({ leavesMs }) => leavesMs) / queries;
  return {
    queriesPerSecond: Math.round(queries / sum(({ seconds }) => seconds)),
    processorMsPerQuery: rootMsPerQuery + leavesMsPerQuery,
    rootMsPerQuery,
    leavesMsPerQuery,
    p50Ms: sum(({ p50Ms }) => p50Ms) / all.length,
    p99Ms: sum(({ p99Ms }) => p99Ms) / all.length,
    errors: sum(({ errors }) => errors),
  };
}

function print(summaries: Record<"search" | "echo" | "repeated", Summary>, json: boolean): void {
  const { search, echo, repeated } = summaries;
  const processorRatio = search.processorMsPerQuery / echo.processorMsPerQuery;
  const throughputRatio = search.queriesPerSecond / echo.queriesPerSecond;
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ bench: "fanout", connections, ...summaries, processorRatio, throughputRatio })}\n`,
    );
    return;
  }
  const line = (name: string, summary: Summary): string => {
    const { queriesPerSecond, processorMsPerQuery, rootMsPerQuery, leavesMsPerQuery, p50Ms, p99Ms, errors } = summary;
    const cpu = `${processorMsPerQuery.toFixed(3).padStart(14)} ${rootMsPerQuery.toFixed(3).padStart(7)} ${leavesMsPerQuery.toFixed(3).padStart(7)}`;
    return `${name.padEnd(8)} ${String(queriesPerSecond).padStart(9)} ${cpu} ${p50Ms.toFixed(1).padStart(8)} ${p99Ms.toFixed(1).padStart(8)} ${String(errors).padStart(7)}\n`;
  };
  process.stdout.write(`${connections} connections, 4 shards, ${rounds} x ${roundS} s each in alternation\n\n`);
  process.stdout.write("         queries/s   CPU ms/query    root  leaves   p50 ms   p99 ms  errors\n");
  process.stdout.write(line("search", search) + line("echo", echo) + line("repeated", repeated));
  process.stdout.write(`\nCPU per query: ${processorRatio.toFixed(2)} times the echo's (at most 2.5; goal 1.5)\n`);
}
