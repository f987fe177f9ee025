import type { DemoDocument } from "../../data/corpus.ts";
import { createIndexing } from "../../src/leaf/indexing.ts";
import { createReplica, type Replica } from "../../src/leaf/replica.ts";
import { encodeChanges } from "../../src/protocol/batch.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { afterPoll, seededRandom, sleep, systemClock, yieldToLoop } from "../../src/time.ts";
import { collectGarbage } from "./collect-garbage.ts";
import { createPlanner, demoChanges, demoCorpus, demoDefinition, glossQueries, quantile } from "./demo-shard.ts";

const batchDocuments = 2000;
const batchesAtOnce = 4;
const indexedDocuments = 100_000;
const searchesPerSecond = 1000;
const quietMs = 3000;
/** As many as a leaf has unless told otherwise. */
const threads = 1;
/** How long the stream waits on the processor between two turns of the event loop, and in what steps. */
const spinMs = 0.05;
const spinPauses = 40;

type Latencies = { searches: number; p50Ms: number; p99Ms: number; maxMs: number };

/**
 * What searching feels of indexing in one process: searches arrive at a steady rate, timed from the instant they were
 * due; first alone, then while 100,000 documents are written, half of them new and half in the place of old ones.
 * And how fast documents can be written with nothing else going on.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const { held, first, added, queries } = prepareInput();
  const indexing = createIndexing({ threads });
  const alone = createReplica({ definition: demoDefinition, shard: 0, indexing });
  const warmS = await write(alone, held);
  await alone.settled();

  const searched = createReplica({ definition: demoDefinition, shard: 1, indexing });
  const unsearchedS = await write(searched, first);
  await searched.close();

  const plans = queries.map(createPlanner(alone).plan);
  // A leaf has no corpus on its heap: to collect what has made the input, at any moment, would be taken for the leaf's own.
  collectGarbage();
  await stream(alone, plans, sleep(quietMs / 3));
  const quiet = await stream(alone, plans, sleep(quietMs));
  const writing = write(alone, added);
  const busy = await stream(alone, plans, writing);
  const writingS = await writing;
  await alone.close();
  await indexing.close();

  const result = {
    quiet,
    busy,
    p99Ratio: busy.p99Ms / quiet.p99Ms,
    documentsPerSecond: {
      first: Math.round((held.length * batchDocuments) / warmS),
      unsearched: Math.round(indexedDocuments / unsearchedS),
      searched: Math.round(indexedDocuments / writingS),
    },
  };
  console.log(json ? JSON.stringify(result) : report(result));
}

function report({
  quiet,
  busy,
  p99Ratio,
  documentsPerSecond: { unsearched, searched },
}: {
  quiet: Latencies;
  busy: Latencies;
  p99Ratio: number;
  documentsPerSecond: { unsearched: number; searched: number };
}): string {
  const line = (name: string, { searches, p50Ms, p99Ms, maxMs }: Latencies): string =>
    `${name.padEnd(16)} ${String(searches).padStart(6)} searches  p50 ${p50Ms.toFixed(3)}  p99 ${p99Ms.toFixed(3)}  max ${maxMs.toFixed(1)} ms`;
  return [
    line("searching alone", quiet),
    line("while indexing", busy),
    `p99 ratio ${p99Ratio.toFixed(2)}`,
    `documents a second: ${unsearched} with nothing else, ${searched} under the search stream`,
  ].join("\n");
}

/** What is written and asked: 100,000 documents of which the second half is new to what is held. */
function prepareInput(): { held: Batch[]; first: Batch[]; added: Batch[]; queries: string[] } {
  const documents = demoCorpus();
  const held = documents.slice(0, documents.length - indexedDocuments / 2);
  return {
    held: encodeBatches(held),
    first: encodeBatches(documents.slice(0, indexedDocuments)),
    added: encodeBatches(documents.slice(-indexedDocuments), held.length),
    queries: [1, 2, 3].flatMap((length) => glossQueries(documents, length, 500)),
  };
}

type Batch = { bytes: Uint8Array; upTo: number };

/** Documents as they come over the link; made beforehand, since it is not the leaf's work. */
function encodeBatches(documents: readonly DemoDocument[], after = 0): Batch[] {
  const changes = demoChanges(documents, after);
  const batches: Batch[] = [];
  for (let from = 0; from < changes.length; from += batchDocuments) {
    const part = changes.slice(from, from + batchDocuments);
    batches.push({ bytes: encodeChanges(part), upTo: part.at(-1)?.sequence ?? 0 });
  }
  return batches;
}

/** Writes batches, a few of them under way at once; answers the seconds it took. */
async function write(replica: Replica, batches: readonly Batch[]): Promise<number> {
  const startMs = systemClock.nowMs();
  const underWay: Promise<number>[] = [];
  for (const { bytes, upTo } of batches) {
    // Over the link, too, a batch comes in a turn of the loop of its own.
    await yieldToLoop();
    underWay.push(replica.apply(bytes, upTo));
    if (underWay.length >= batchesAtOnce) await underWay.shift();
  }
  await Promise.all(underWay);
  return (systemClock.nowMs() - startMs) / 1000;
}

/** Waits on the processor: a sleep would be woken late. Looking at the clock without a pause would leave the more garbage. */
function spin(untilMs: number): void {
  while (systemClock.nowMs() < untilMs) for (let i = 0; i < spinPauses; i++) Atomics.pause();
}

/**
 * Runs `run` in every turn of the event loop until `until` resolves. Without a promise for each of them, which would leave
 * the collector more to do than what is measured.
 */
function everyTurn(run: () => void, until: Promise<unknown>): Promise<void> {
  let running = true;
  const stop = (): void => {
    running = false;
  };
  until.then(stop, stop);
  return new Promise((resolve) => {
    const turn = (): void => {
      if (running) run();
      if (running) afterPoll(turn);
      else resolve();
    };
    afterPoll(turn);
  });
}

/** Searches at random instants of a steady rate until `until` resolves. */
async function stream(replica: Replica, plans: readonly Plan[], until: Promise<unknown>): Promise<Latencies> {
  const random = seededRandom(5);
  const latenciesMs: number[] = [];
  const gapMs = (): number => (-Math.log(1 - random.next()) * 1000) / searchesPerSecond;
  let dueMs = systemClock.nowMs() + gapMs();
  const searchDue = (): void => {
    const plan = plans[latenciesMs.length % plans.length];
    if (plan === undefined) throw new Error("there is nothing to ask");
    const search = replica.shard.prepare(plan);
    while (!search.step(() => false));
    search.finish();
    latenciesMs.push(systemClock.nowMs() - dueMs);
    dueMs += gapMs();
  };
  const waitAndSearch = (): void => {
    spin(Math.min(dueMs, systemClock.nowMs() + spinMs));
    while (systemClock.nowMs() >= dueMs) searchDue();
  };
  await everyTurn(waitAndSearch, until);
  await until;
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    searches: sorted.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? 0,
  };
}
