import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DemoDocument, demoDocuments } from "../../data/corpus.ts";
import { webQueries } from "../../data/queries.ts";
import { misspell, misspellableLengthMin } from "../../data/typo.ts";
import type { SearchBody } from "../../src/protocol/search-request.ts";
import { seededRandom, sleep, systemClock } from "../../src/time.ts";
import { stopProcess } from "./processes.ts";

/** A feature: how a plain query asks for it. Undefined where the query has nothing to apply it to. */
type Feature = { name: string; ask: (query: string) => SearchBody | undefined };

/** Milliseconds of each answer: as the client sees it, and as the root says of its planning. */
type Times = { took: number[]; plan: number[] };

const queryCount = 250;
const rounds = 4;

/**
 * The cost of each feature beside the plain query it is added to, on one connection to a cluster of four shards: the
 * same queries with and without it in alternation in one run, so that what disturbs the machine disturbs both.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "hedgerow-features-"));
  const program = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
  const up = spawn(process.execPath, [program, "up", "--port", "0", "--data", directory], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    const url = await readyUrl(directory);
    const documents = [...demoDocuments()];
    const rows: Row[] = [];
    for (const feature of features(documents)) {
      const row = await compare(feature, webQueries(documents, { count: queryCount, random: seededRandom(11) }), url);
      rows.push(row);
      if (!json) process.stdout.write(rows.length === 1 ? heading + line(row) : line(row));
    }
    if (json) process.stdout.write(`${JSON.stringify({ bench: "features", queries: queryCount, rounds, rows })}\n`);
  } finally {
    await stopProcess(up);
    await rm(directory, { recursive: true, force: true });
  }
}

function features(documents: readonly DemoDocument[]): Feature[] {
  const random = seededRandom(12);
  const words = (query: string): string[] => query.split(" ");
  const lastOf = (query: string): string => words(query).at(-1) ?? "";
  const titles = documents.flatMap(({ title }) => (title.includes(" ") ? [title] : []));
  return [
    { name: "plain again", ask: (query) => ({ query }) },
    { name: "prefix", ask: (query) => ({ query: query.slice(0, Math.max(2, query.length - 2)), prefix: true }) },
    {
      name: "one misspelt word",
      ask: (query) => {
        const last = lastOf(query);
        if (last.length < misspellableLengthMin) return undefined;
        return { query: [...words(query).slice(0, -1), misspell(last, random)].join(" ") };
      },
    },
    { name: "phrase", ask: () => ({ query: `"${titles[Math.floor(random.next() * titles.length)] ?? ""}"` }) },
    { name: "exclusion", ask: (query) => ({ query: `${query} -music` }) },
    { name: "match all", ask: (query) => ({ query, match: "all" }) },
    { name: "filter", ask: (query) => ({ query, filter: { pos: "noun" } }) },
    { name: "facets", ask: (query) => ({ query, facets: ["category", "pos"] }) },
    { name: "sort", ask: (query) => ({ query, sort: ["-year_from", "_score"] }) },
    { name: "highlight", ask: (query) => ({ query, highlight: true }) },
    { name: "explain", ask: (query) => ({ query, explain: true }) },
    { name: "from the cache", ask: (query) => ({ query, cache: true }) },
  ];
}

type Row = {
  feature: string;
  plainMedianMs: number;
  medianMs: number;
  p99Ms: number;
  ratio: number;
  addedMedianMs: number;
  addedPlanMedianMs: number;
};

async function compare({ name, ask }: Feature, queries: readonly string[], url: string): Promise<Row> {
  const pairs = queries.flatMap((query) => {
    const featured = ask(query);
    return featured === undefined ? [] : [{ plain: { query }, featured }];
  });
  const plain: Times = { took: [], plan: [] };
  const featured: Times = { took: [], plan: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const pair of pairs) {
      // Whoever comes second finds the processor's caches warm: they take turns. The first round only warms up.
      const turns = [
        { body: pair.plain, times: plain },
        { body: pair.featured, times: featured },
      ];
      for (const { body, times } of round % 2 === 0 ? turns : turns.reverse()) {
        const answered = await time(url, { cache: false, ...body });
        if (round > 0) note(times, answered);
      }
    }
  }
  const [plainMedianMs, medianMs] = [quantile(plain.took, 0.5), quantile(featured.took, 0.5)];
  return {
    feature: name,
    plainMedianMs,
    medianMs,
    p99Ms: quantile(featured.took, 0.99),
    ratio: medianMs / plainMedianMs,
    addedMedianMs: medianMs - plainMedianMs,
    addedPlanMedianMs: quantile(featured.plan, 0.5) - quantile(plain.plan, 0.5),
  };
}

type Answered = { tookMs: number; planMs: number };

async function time(url: string, body: SearchBody): Promise<Answered> {
  const startMs = systemClock.nowMs();
  const response = await fetch(`${url}/v1/indexes/demo/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ budgetMs: 10_000, ...body }),
  });
  const text = await response.text();
  const tookMs = systemClock.nowMs() - startMs;
  if (!response.ok) throw new Error(`${JSON.stringify(body)}: ${response.status} ${text.slice(0, 300)}`);
  const { timing }: { timing: { planMs: number } } = JSON.parse(text);
  return { tookMs, planMs: timing.planMs };
}

function note({ took, plan }: Times, { tookMs, planMs }: Answered): void {
  took.push(tookMs);
  plan.push(planMs);
}

function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

const heading = `${queryCount} web-like queries, 4 shards, one connection, ${rounds} rounds in alternation

feature             plain ms      ms   p99 ms   ratio   added ms   of it planning
`;

function line({ feature, plainMedianMs, medianMs, p99Ms, ratio, addedMedianMs, addedPlanMedianMs }: Row): string {
  const columns = [plainMedianMs.toFixed(3).padStart(8), medianMs.toFixed(3).padStart(8), p99Ms.toFixed(2).padStart(8)];
  const added = [addedMedianMs.toFixed(3).padStart(10), addedPlanMedianMs.toFixed(3).padStart(16)];
  return `${feature.padEnd(20)}${columns.join("")}${ratio.toFixed(2).padStart(8)}${added.join(" ")}\n`;
}

/** Waits until the demo corpus has been loaded. */
async function readyUrl(directory: string): Promise<string> {
  for (;;) {
    await sleep(200);
    if ((await readFile(join(directory, "demo.json"), "utf8").catch(() => "")) === "") continue;
    const up: { url: string } = JSON.parse(await readFile(join(directory, "up.json"), "utf8"));
    return up.url;
  }
}
