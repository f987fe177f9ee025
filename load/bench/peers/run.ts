import { demoDocuments } from "../../../data/corpus.ts";
import { webQueries } from "../../../data/queries.ts";
import { messageOf } from "../../../src/errors.ts";
import { seededRandom } from "../../../src/time.ts";
import { interruption } from "../../driver/interruption.ts";
import { readCollection } from "../../relevance/collection.ts";
import { describeMachine } from "../../report/machine.ts";
import { hedgerowQuality, startHedgerow } from "./hedgerow.ts";
import { kinds } from "./kinds.ts";
import { failure, measureRound, type Round, stopMirror } from "./measure.ts";
import type { PeerKind } from "./peer.ts";
import { memoryBytes, withChildren } from "./processes.ts";
import { peerQuality } from "./quality.ts";
import { type FailureRow, joined, peersTable, type Row } from "./report.ts";
import { demoSource } from "./sources.ts";
import { startPeer, type Target } from "./target.ts";

const queryCount = 2_000;
const rounds = 3;
const roundS = 5;
const warmS = 5;

/** Both reject soon after `signal` is raised, with nothing left of what they started. */
type Contender = {
  name: string;
  start(signal: AbortSignal): Promise<Target>;
  quality(collection: string, signal: AbortSignal): Promise<number>;
};

/**
 * What a user would take instead, over the same documents and queries, in alternation in one run:
 * 1. start each, one after the other, and note how long it took to index;
 * 2. keep one after the other busy, several times over, and note what each holds in memory then;
 * 3. stop a mirror of those that have any, while they are searched at a steady rate;
 * 4. with a test collection, say how good their answers are.
 * One that is not installed or does not start is named, and the others go on. Nothing that it started is left, also where
 * it is interrupted.
 */
export async function run({ json, collection }: { json: boolean; collection?: string }): Promise<void> {
  // A wrong directory is better found before all that takes minutes.
  if (collection !== undefined) await readCollection(collection);
  const missing: string[] = [];
  const skip = (name: string, why: string): void => {
    missing.push(`${name}: ${why}`);
    process.stderr.write(`\nNOT RUN: ${name}: ${why}\n\n`);
  };
  const targets: Target[] = [];
  const stopAll = async (): Promise<void> => void (await Promise.all(targets.map((target) => target.stop())));
  const interrupted = interruption();
  const stopping = new AbortController();
  interrupted.catch((reason: unknown) => stopping.abort(reason));
  const { signal } = stopping;
  const contenders = contendersHere(skip);
  try {
    for (const contender of contenders) {
      tell(`indexing: ${contender.name}`);
      const target = await startedOrWhyNot(contender, signal);
      if (typeof target !== "string") targets.push(target);
      signal.throwIfAborted();
      if (typeof target === "string") skip(contender.name, target);
    }
    const queries = webQueries(demoDocuments(), { count: queryCount, random: seededRandom(7) });
    const rows = await speed(targets, queries, signal);
    const failures = await failing(targets, queries, signal);
    const machine = describeMachine();
    await stopAll();
    if (collection !== undefined) await addQuality(rows, contenders, { collection, signal });
    const result = { machine, rows, failures, missing };
    process.stdout.write(json ? `${JSON.stringify({ bench: "peers", ...result })}\n` : peersTable(result));
  } finally {
    await stopAll();
  }
}

function contendersHere(skip: (name: string, why: string) => void): Contender[] {
  const ours: Contender = { name: "Hedgerow", start: startHedgerow, quality: hedgerowQuality };
  const others = kinds.flatMap((kind: PeerKind): Contender[] => {
    const lacking = kind.missing();
    if (lacking !== undefined) {
      skip(kind.name, `not installed (${lacking})`);
      return [];
    }
    const { name } = kind;
    const start = (signal: AbortSignal) => startPeer(kind, demoSource, signal);
    return [{ name, start, quality: (from, signal) => peerQuality(kind, from, signal) }];
  });
  return [ours, ...others];
}

async function startedOrWhyNot(contender: Contender, signal: AbortSignal): Promise<Target | string> {
  try {
    return await contender.start(signal);
  } catch (error) {
    return messageOf(error);
  }
}

async function speed(targets: readonly Target[], queries: readonly string[], signal: AbortSignal): Promise<Row[]> {
  const measured = targets.map((target): { target: Target; rounds: Round[] } => ({ target, rounds: [] }));
  for (const target of targets) await measureRound(target, queries, { seconds: warmS, signal });
  for (let round = 1; round <= rounds; round++) {
    for (const { target, rounds: own } of measured) {
      const one = await measureRound(target, queries, { seconds: roundS, signal });
      tell(`round ${round}: ${target.name}: ${Math.round(one.queries / one.seconds)} queries/s`);
      own.push(one);
    }
  }
  return Promise.all(
    measured.map(async ({ target, rounds: own }) => ({
      name: target.name,
      ...joined(own),
      ndcg10: undefined,
      memoryBytes: await memoryBytes(await withChildren(target.pids)),
      indexMs: target.indexMs,
    })),
  );
}

async function failing(
  targets: readonly Target[],
  queries: readonly string[],
  signal: AbortSignal,
): Promise<FailureRow[]> {
  const rows: FailureRow[] = [];
  for (const target of targets) {
    if (target.mirrorPids.length === 0) continue;
    tell(`a mirror stands still: ${target.name}`);
    rows.push({ name: target.name, ...(await stopMirror(target, queries, { ...failure, signal })) });
  }
  return rows;
}

async function addQuality(
  rows: Row[],
  contenders: readonly Contender[],
  { collection, signal }: { collection: string; signal: AbortSignal },
): Promise<void> {
  for (const row of rows) {
    const contender = contenders.find(({ name }) => name === row.name);
    if (contender === undefined) continue;
    tell(`judging: ${row.name}`);
    row.ndcg10 = await contender.quality(collection, signal);
  }
}

function tell(what: string): void {
  process.stderr.write(`${what}\n`);
}
