import { create, insertMultiple, search as oramaSearch } from "@orama/orama";
import { Index } from "flexsearch";
import MiniSearch from "minisearch";
import type { DemoDocument } from "../../data/corpus.ts";
import { mergeSegments } from "../../src/engine/merge-segments.ts";
import { Segment } from "../../src/engine/segment.ts";
import { segmentSize } from "../../src/engine/segment-data.ts";
import { Shard } from "../../src/engine/shard.ts";
import runIndexingTask from "../../src/leaf/worker.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import { systemClock } from "../../src/time.ts";
import {
  createPlanner,
  demoAnalyzer,
  demoChanges,
  demoCorpus,
  demoDefinition,
  glossQueries,
  quantile,
} from "./demo-shard.ts";

/** Something that answers the top ten of a query; how many of the queries of each length it is asked. */
type Engine = { name: string; share: number; warm: number; search(query: string): unknown };
type Measured = { engine: string; meanUs: Record<string, number>; meanUsAll: number };
type Row = Measured & { buildS: number };

const lengths = [1, 2, 3];
const queriesPerLength = 1000;
const segmentDocuments = 4096;
/** The kernel's thousand queries take some ten milliseconds, of which one hiccup of the machine would be a half. */
const measuredMsMin = 1_000;
const text = ({ title, synonyms, body, examples }: DemoDocument): string =>
  [title, ...synonyms, body, ...examples].join(". ");

/**
 * The kernel's mean time for queries of one, two and three words on the demo corpus in one shard, beside FlexSearch's
 * own search over several terms, MiniSearch and Orama, in one thread and one run; its postings a second, and the
 * memory of the sealed index. The kernel is measured before each of the others, and the middle time counts: a machine's
 * speed changes over such a run.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const documents = demoCorpus();
  const queries = new Map(lengths.map((length) => [length, glossQueries(documents, length, queriesPerLength)]));
  const startMs = systemClock.nowMs();
  const { shard, bytes } = buildShard(documents);
  const buildS = (systemClock.nowMs() - startMs) / 1000;
  const planner = createPlanner({ shard });
  const plans = new Map([...queries.values()].flat().map((query) => [query, planner.plan(query)]));
  const kernel: Engine = {
    name: "hedgerow",
    share: 1,
    warm: 15,
    search(query) {
      const plan = plans.get(query);
      if (plan === undefined) return undefined;
      const search = shard.prepare(plan);
      while (!search.step(() => false));
      return search.finish();
    },
  };
  const kernelLaps: Measured[] = [];
  const peers: Row[] = [];
  for (const build of [flexSearch, miniSearch, orama]) {
    kernelLaps.push(await measure(kernel, queries));
    const fromMs = systemClock.nowMs();
    const engine = await build(documents);
    const builtS = (systemClock.nowMs() - fromMs) / 1000;
    peers.push({ ...(await measure(engine, queries)), buildS: builtS });
  }
  const rows = [{ ...middleOf(kernelLaps), buildS }, ...peers];
  const own = rows[0]?.meanUsAll ?? 1;
  const postings = [...queries.values()].flat().reduce((sum, query) => sum + planner.postings(query), 0);
  const result = {
    documents: documents.length,
    engines: rows,
    ratios: Object.fromEntries(rows.map(({ engine, meanUsAll }) => [engine, meanUsAll / own])),
    postingsPerSecond: Math.round(postings / ((own * queriesPerLength * lengths.length) / 1e6)),
    indexMegabytesPer100k: (bytes.indexBytes / 1e6 / documents.length) * 1e5,
    sourceMegabytesPer100k: (bytes.sourceBytes / 1e6 / documents.length) * 1e5,
  };
  console.log(json ? JSON.stringify(result) : report(result));
}

type Result = {
  documents: number;
  engines: Row[];
  ratios: Record<string, number>;
  postingsPerSecond: number;
  indexMegabytesPer100k: number;
  sourceMegabytesPer100k: number;
};

function report({ documents, engines, ratios, ...rest }: Result): string {
  const header = [
    "engine".padEnd(12),
    ...lengths.map((n) => `${n} word us`.padStart(12)),
    "mean us",
    "times",
    "build s",
  ];
  const lines = engines.map(({ engine, meanUs, meanUsAll, buildS }) =>
    [
      engine.padEnd(12),
      ...lengths.map((n) => (meanUs[n] ?? 0).toFixed(1).padStart(12)),
      meanUsAll.toFixed(1).padStart(7),
      (ratios[engine] ?? 0).toFixed(1).padStart(5),
      buildS.toFixed(1).padStart(7),
    ].join("  "),
  );
  return [
    `${documents} documents, ${queriesPerLength} queries of each length`,
    header.join("  "),
    ...lines,
    `postings a second: ${(rest.postingsPerSecond / 1e6).toFixed(0)} million`,
    `memory per 100,000 documents: ${rest.indexMegabytesPer100k.toFixed(1)} MB index, ${rest.sourceMegabytesPer100k.toFixed(1)} MB sources`,
  ].join("\n");
}

async function measure(engine: Engine, queries: ReadonlyMap<number, string[]>): Promise<Measured> {
  const meanUs: Record<string, number> = {};
  const shareOf = (all: readonly string[]): string[] => all.slice(0, Math.ceil(all.length * engine.share));
  for (let round = 0; round < engine.warm; round++) {
    for (const all of queries.values()) for (const query of shareOf(all)) await engine.search(query);
  }
  for (const [length, all] of queries) {
    const asked = shareOf(all);
    const startMs = systemClock.nowMs();
    let rounds = 0;
    do {
      for (const query of asked) {
        const answer = engine.search(query);
        if (answer instanceof Promise) await answer;
      }
      rounds++;
    } while (systemClock.nowMs() - startMs < measuredMsMin);
    meanUs[length] = ((systemClock.nowMs() - startMs) * 1000) / (asked.length * rounds);
  }
  return { engine: engine.name, meanUs, meanUsAll: meanOf(meanUs) };
}

function meanOf(meanUs: Record<string, number>): number {
  return Object.values(meanUs).reduce((sum, mean) => sum + mean, 0) / lengths.length;
}

/** Of each length the middle time. */
function middleOf(laps: readonly Measured[]): Measured {
  const middle = (length: number): number =>
    quantile(Float64Array.from(laps, ({ meanUs }) => meanUs[length] ?? 0).sort(), 0.5);
  const meanUs = Object.fromEntries(lengths.map((length) => [length, middle(length)]));
  return { engine: laps[0]?.engine ?? "", meanUs, meanUsAll: meanOf(meanUs) };
}

/** One shard with one segment, as it is some time after an import. */
function buildShard(documents: readonly DemoDocument[]): {
  shard: Shard;
  bytes: { indexBytes: number; sourceBytes: number };
} {
  const { settings } = demoDefinition;
  const changes = demoChanges(documents);
  const sources = [];
  for (let from = 0; from < changes.length; from += segmentDocuments) {
    const batches = [encodeChanges(changes.slice(from, from + segmentDocuments))];
    const sealed = runIndexingTask({ kind: "seal", settings, batches });
    if ("data" in sealed) sources.push({ data: sealed.data, dead: new Uint32Array() });
  }
  const data = mergeSegments(sources);
  const shard = new Shard(settings);
  const { staged, publish } = shard.stage();
  staged.add(new Segment(data));
  publish(changes.length);
  return { shard, bytes: segmentSize(data) };
}

/** FlexSearch's own ranking over the same terms: any of them may match. */
function flexSearch(documents: readonly DemoDocument[]): Engine {
  const index = new Index({ tokenize: "strict", encode: (value: string) => demoAnalyzer.terms(value) });
  documents.forEach((document, i) => void index.add(i, text(document)));
  return {
    name: "flexsearch",
    share: 0.5,
    warm: 1,
    search: (query) => index.search(query, { limit: 10, suggest: true }),
  };
}

function miniSearch(documents: readonly DemoDocument[]): Engine {
  const index = new MiniSearch<{ id: number; text: string }>({ fields: ["text"] });
  documents.forEach((document, id) => void index.add({ id, text: text(document) }));
  return { name: "minisearch", share: 0.1, warm: 1, search: (query) => index.search(query).slice(0, 10) };
}

async function orama(documents: readonly DemoDocument[]): Promise<Engine> {
  const index = create({ schema: { text: "string" } as const, language: "english" });
  await insertMultiple(
    index,
    documents.map((document) => ({ text: text(document) })),
    5000,
  );
  return {
    name: "orama",
    share: 0.05,
    warm: 1,
    search: (term) => oramaSearch(index, { term, limit: 10, threshold: 1 }),
  };
}
