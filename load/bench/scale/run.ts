import { demoDocuments } from "../../../data/corpus.ts";
import { webQueries } from "../../../data/queries.ts";
import { canRedraw, formatDuration } from "../../../src/command/progress.ts";
import { messageOf } from "../../../src/errors.ts";
import { seededRandom, systemClock } from "../../../src/time.ts";
import { interruption } from "../../driver/interruption.ts";
import { describeMachine } from "../../report/machine.ts";
import { documentRows } from "./document-part.ts";
import type { Row } from "./figures.ts";
import { growingCorpus } from "./growing-corpus.ts";
import { replicaRows, shardRows } from "./layout-parts.ts";
import { readScaleOptions, type ScaleFlags } from "./options.ts";
import { createProgress } from "./progress.ts";
import { type MissingPart, missingLine, type PartResult, partReport, scaleHeading, scaleJson } from "./report.ts";
import { rootRows } from "./root-part.ts";
import type { Part } from "./sizes.ts";
import type { Stage } from "./stage.ts";

const queryCount = 2_000;
const seed = 7;

/** Each gives a row for each size, or undefined where this machine has no NATS server and it needs one. */
const measures: Record<Part, (stage: Stage) => Promise<Row[] | undefined>> = {
  shards: shardRows,
  documents: documentRows,
  replicas: replicaRows,
  roots: rootRows,
};

/**
 * What more shards, documents, replicas or roots cost and give, on real processes that are asked as fast as they answer:
 * 1. start what a part needs, fill it, and wait until it has settled;
 * 2. ask its layouts in turn, with the same queries, and note what the operating system has booked to whom;
 * 3. print a table for each part as soon as it is there, and what its slope says.
 * Nothing that it started is left, also where it is interrupted. Throws a FlagError where a flag does not fit, and an error
 * in the end where a part failed.
 */
export async function run(flags: ScaleFlags): Promise<void> {
  const { json, isQuick, parts, sizes } = readScaleOptions(flags);
  const interrupted = interruption();
  const stopping = new AbortController();
  interrupted.catch((reason: unknown) => stopping.abort(reason));
  const progress = createProgress({
    stderr: (text) => void process.stderr.write(text),
    isTerminal: canRedraw(process.stderr, process.env.TERM),
  });
  const corpus = [...demoDocuments()];
  const stage: Stage = {
    sizes,
    queries: webQueries(corpus, { count: queryCount, random: seededRandom(seed) }),
    documents: () => growingCorpus(corpus, seed),
    say: progress.say,
    step: (work) => Promise.race([work, interrupted]),
    signal: stopping.signal,
  };
  const print = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const head = { machine: describeMachine(), sizes, isQuick };
  print(scaleHeading(head));
  const startMs = systemClock.nowMs();
  const results: PartResult[] = [];
  const missing: MissingPart[] = [];
  for (const part of parts) {
    const done = await resultOf(part, stage).finally(progress.clear);
    print(done.kind === "rows" ? partReport(done, sizes) : missingLine(done));
    if (done.kind === "rows") results.push(done);
    else missing.push(done);
  }
  const tookMs = systemClock.nowMs() - startMs;
  if (json) process.stdout.write(`${scaleJson({ ...head, results, missing, tookMs })}\n`);
  else print(`it took ${formatDuration(tookMs)}`);
  const failed = missing.filter(({ kind }) => kind === "failed");
  if (failed.length > 0) throw new Error(failed.map(missingLine).join("; "));
}

/** A part that fails takes nothing from those that were measured before, and others may still go well. */
async function resultOf(part: Part, stage: Stage): Promise<PartResult | MissingPart> {
  try {
    const rows = await measures[part](stage);
    return rows === undefined ? { kind: "lacking", part, why: "no nats-server here" } : { kind: "rows", part, rows };
  } catch (error) {
    if (stage.signal.aborted) throw error;
    return { kind: "failed", part, why: messageOf(error) };
  }
}
