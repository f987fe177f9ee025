import autocannon from "autocannon";
import { sleep } from "../../src/time.ts";
import { startDemoCluster } from "./demo-cluster.ts";
import { median } from "./median.ts";
import { type SearchTimes, searchSteadily } from "./search-stream.ts";

const rounds = 12;
const roundMs = 5_000;
const searchesPerSecond = 300;
/** Fifteen times as often as Prometheus does unless it is told otherwise. */
const scrapesPerSecond = 1;
const ratioMax = 1.1;

type Scrapes = { count: number; failed: number; meanMs: number; sizeBytes: number };

/**
 * What a search feels of every process being scraped once a second: searches come at a steady rate, each timed from
 * when it was due; rounds with scraping and without alternate, so that what disturbs the machine disturbs both.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const cluster = await startDemoCluster();
  try {
    const search = (): Promise<SearchTimes> =>
      searchSteadily({ ...cluster, perSecond: searchesPerSecond }, sleep(roundMs));
    const urls = cluster.processes.map(({ url }) => url);
    await Promise.all([search(), ...urls.map(scrape)]);
    const quiet: SearchTimes[] = [];
    const scraped: SearchTimes[] = [];
    const scrapes: Scrapes[] = [];
    for (let round = 0; round < rounds; round++) {
      // Each begins in turn: what comes second finds the machine as the first has left it.
      for (const isScraped of round % 2 === 0 ? [false, true] : [true, false]) {
        if (!isScraped) quiet.push(await search());
        else {
          const [times, ...seen] = await Promise.all([search(), ...urls.map(scrape)]);
          scraped.push(times);
          scrapes.push(...seen);
        }
      }
    }
    print({ quiet, scraped, scrapes }, json);
  } finally {
    await cluster.stop();
  }
}

async function scrape(url: string): Promise<Scrapes> {
  const result = await autocannon({
    url: `${url}/metrics`,
    connections: 1,
    overallRate: scrapesPerSecond,
    duration: roundMs / 1000,
  });
  const count = result["2xx"];
  const failed = result.errors + result.non2xx;
  return { count, failed, meanMs: result.latency.mean, sizeBytes: count === 0 ? 0 : result.throughput.total / count };
}

type Rounds = { quiet: readonly SearchTimes[]; scraped: readonly SearchTimes[]; scrapes: readonly Scrapes[] };

function print({ quiet, scraped, scrapes }: Rounds, json: boolean): void {
  const ratios = quiet.map(({ p99Ms }, i) => (scraped[i]?.p99Ms ?? 0) / p99Ms);
  const total = scrapes.reduce((sum, { count }) => sum + count, 0);
  const result = {
    bench: "scrape",
    rounds,
    p50Ms: { quiet: median(quiet.map(({ p50Ms }) => p50Ms)), scraped: median(scraped.map(({ p50Ms }) => p50Ms)) },
    p99Ms: { quiet: median(quiet.map(({ p99Ms }) => p99Ms)), scraped: median(scraped.map(({ p99Ms }) => p99Ms)) },
    p99Ratio: median(ratios),
    p99Ratios: ratios,
    incomplete: [...quiet, ...scraped].reduce((sum, { incomplete }) => sum + incomplete, 0),
    scrapes: {
      total,
      failed: scrapes.reduce((sum, { failed }) => sum + failed, 0),
      meanMs: scrapes.reduce((sum, { meanMs, count }) => sum + meanMs * count, 0) / Math.max(1, total),
      sizeBytesMax: Math.round(Math.max(...scrapes.map(({ sizeBytes }) => sizeBytes))),
    },
    ratioMax,
  };
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const line = (name: string, p50Ms: number, p99Ms: number): string =>
    `${name.padEnd(10)} ${p50Ms.toFixed(2).padStart(8)} ${p99Ms.toFixed(2).padStart(8)}\n`;
  const { p50Ms, p99Ms, scrapes: seen } = result;
  process.stdout.write(`${searchesPerSecond} searches/s, ${rounds} x ${roundMs / 1000} s each in alternation\n\n`);
  process.stdout.write(`             p50 ms   p99 ms\n`);
  process.stdout.write(line("quiet", p50Ms.quiet, p99Ms.quiet) + line("scraped", p50Ms.scraped, p99Ms.scraped));
  process.stdout.write(
    `\n${seen.total} scrapes (${seen.failed} failed), ${seen.meanMs.toFixed(1)} ms each, at most ${seen.sizeBytesMax} bytes\n`,
  );
  process.stdout.write(
    `p99 while scraped: ${result.p99Ratio.toFixed(2)} times the quiet one's (at most ${ratioMax})\n`,
  );
}
