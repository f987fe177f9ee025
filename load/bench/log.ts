import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { demoDocuments } from "../../data/corpus.ts";
import { createEmbeddedLog } from "../../src/changes/embedded-log.ts";
import { createJetStreamLog } from "../../src/changes/jetstream-log.ts";
import type { ChangeLog, DocumentWrite } from "../../src/changes/log.ts";
import type { IndexDefinition, IndexSettings } from "../../src/protocol/settings.ts";
import { systemClock } from "../../src/time.ts";
import { median } from "./median.ts";
import { hasNatsServer, startNatsServer } from "./nats-server.ts";
import { syncedBytes, syncRate } from "./sync-rate.ts";

type Shape = { name: string; writers: number; documentsPerAppend: number };
type Round = { documentsPerSecond: number; appendsPerSecond: number; p50Ms: number; p99Ms: number };
type Row = Shape & Round & { appendsPerSync: number };

const settings: IndexSettings = {
  fields: { title: { type: "text" }, body: { type: "text" } },
  shards: 4,
  replicas: 2,
  language: "en",
  bm25: { k1: 1.2, b: 0.75 },
  placementSalt: 0,
};
const rounds = 3;
const roundMs = 1_500;

const shapes: readonly Shape[] = [
  { name: "single", writers: 1, documentsPerAppend: 1 },
  { name: "single, 32 writers", writers: 32, documentsPerAppend: 1 },
  { name: "single, 256 writers", writers: 256, documentsPerAppend: 1 },
  { name: "bulk of 1,000", writers: 1, documentsPerAppend: 1_000 },
  { name: "bulk of 1,000, 4 writers", writers: 4, documentsPerAppend: 1_000 },
];

/**
 * Acknowledged documents a second through the embedded log, beside how often the same disk syncs a small write, in
 * alternation in one run. The files lie in the working directory, because a memory disk would sync for nothing. Where
 * the machine has a NATS server, the same through the JetStream log, whose acknowledgements here are not synced.
 */
export async function run({ json }: { json: boolean }): Promise<void> {
  const directory = await mkdtemp(join(process.cwd(), ".bench-log-"));
  try {
    const log = await createEmbeddedLog({ directory });
    const { definition } = await log.createIndex("bench", settings);
    const next = documentStream();
    const syncs: number[] = [];
    const measured = shapes.map((shape): { shape: Shape; rounds: Round[] } => ({ shape, rounds: [] }));
    for (let round = 0; round < rounds; round++) {
      syncs.push(syncRate(join(directory, "sync"), roundMs));
      for (const one of measured) one.rounds.push(await measure({ log, to: definition }, one.shape, next));
    }
    const syncsPerSecond = median(syncs);
    const rows = measured.map(({ shape, rounds }) => summarize(shape, rounds, syncsPerSecond));
    const reads = await readAll(log, definition);
    await log.close();
    const jetStream = hasNatsServer("the JetStream half of this benchmark") ? await runJetStream(next) : undefined;
    print({ syncsPerSecond, rows, reads, jetStream }, json);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

type JetStreamReport = { rows: Omit<Row, "appendsPerSync">[]; reads: Reads };

async function runJetStream(next: () => DocumentWrite): Promise<JetStreamReport> {
  const server = await startNatsServer();
  try {
    const log = await createJetStreamLog({ urls: [server.url], replicas: 1, acceptLoss: true });
    const { definition } = await log.createIndex("bench", settings);
    const rows: JetStreamReport["rows"] = [];
    for (const shape of shapes) {
      const { appendsPerSync: _, ...row } = summarize(shape, [await measure({ log, to: definition }, shape, next)], 1);
      rows.push(row);
    }
    const reads = await readAll(log, definition);
    await log.close();
    return { rows, reads };
  } finally {
    await server.remove();
  }
}

/** The demo's documents over and over, each time under other ids. */
function documentStream(): () => DocumentWrite {
  const documents = [...demoDocuments()];
  let at = 0;
  return () => {
    const document = documents[at % documents.length];
    const id = `${at++}-${document?.id}`;
    return { kind: "put", id, source: Buffer.from(JSON.stringify({ ...document, id })), condition: { kind: "none" } };
  };
}

async function measure(
  { log, to }: { log: ChangeLog; to: IndexDefinition },
  shape: Shape,
  next: () => DocumentWrite,
): Promise<Round> {
  const latenciesMs: number[] = [];
  const startMs = systemClock.nowMs();
  const write = async (): Promise<void> => {
    while (systemClock.nowMs() - startMs < roundMs) {
      const writes = Array.from({ length: shape.documentsPerAppend }, next);
      const sentMs = systemClock.nowMs();
      await log.append(to, writes);
      latenciesMs.push(systemClock.nowMs() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: shape.writers }, write));
  const appendsPerSecond = (latenciesMs.length * 1000) / (systemClock.nowMs() - startMs);
  latenciesMs.sort((a, b) => a - b);
  return {
    appendsPerSecond,
    documentsPerSecond: appendsPerSecond * shape.documentsPerAppend,
    p50Ms: latenciesMs[Math.floor(latenciesMs.length * 0.5)] ?? 0,
    p99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0,
  };
}

/** How fast one follower after the other catches up from the beginning. */
async function readAll(log: ChangeLog, { index, incarnation, settings }: IndexDefinition): Promise<Reads> {
  const startMs = systemClock.nowMs();
  let documents = 0;
  for (let shard = 0; shard < settings.shards; shard++) {
    for (let after = 0, more = true; more; ) {
      const page = await log.read({ index, incarnation, shard, after, limitBytes: 2 << 20 });
      documents += page.changes.length;
      after = page.upTo;
      more = page.more;
    }
  }
  return { documents, perSecond: (documents * 1000) / (systemClock.nowMs() - startMs) };
}

function summarize(shape: Shape, rounds: readonly Round[], syncsPerSecond: number): Row {
  const middle = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const appendsPerSecond = middle((round) => round.appendsPerSecond);
  return {
    ...shape,
    documentsPerSecond: Math.round(middle((round) => round.documentsPerSecond)),
    appendsPerSecond: Math.round(appendsPerSecond),
    appendsPerSync: appendsPerSecond / syncsPerSecond,
    p50Ms: middle((round) => round.p50Ms),
    p99Ms: middle((round) => round.p99Ms),
  };
}

type Reads = { documents: number; perSecond: number };
type Report = { syncsPerSecond: number; rows: Row[]; reads: Reads; jetStream: JetStreamReport | undefined };

function print({ syncsPerSecond, rows, reads, jetStream }: Report, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ bench: "log", syncsPerSecond, rows, reads, jetStream })}\n`);
    return;
  }
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  write(`the disk syncs ${Math.round(syncsPerSecond)} writes of ${syncedBytes >> 10} KiB a second\n`);
  write("append                     documents/s   appends/s   x disk's syncs   p50 ms   p99 ms");
  for (const { name, documentsPerSecond, appendsPerSecond, appendsPerSync, p50Ms, p99Ms } of rows) {
    const rates = `${String(documentsPerSecond).padStart(11)} ${String(appendsPerSecond).padStart(11)}`;
    const times = `${p50Ms.toFixed(2).padStart(8)} ${p99Ms.toFixed(2).padStart(8)}`;
    write(`${name.padEnd(26)} ${rates} ${appendsPerSync.toFixed(2).padStart(16)} ${times}`);
  }
  write(`\na follower reads ${Math.round(reads.perSecond)} documents/s from the beginning, ${reads.documents} in all`);
  if (jetStream === undefined) return;
  write("\non JetStream, one server, not synced");
  for (const { name, documentsPerSecond, appendsPerSecond, p50Ms, p99Ms } of jetStream.rows) {
    const rates = `${String(documentsPerSecond).padStart(11)} ${String(appendsPerSecond).padStart(11)}`;
    write(`${name.padEnd(26)} ${rates} ${p50Ms.toFixed(2).padStart(25)} ${p99Ms.toFixed(2).padStart(8)}`);
  }
  write(`\na follower reads ${Math.round(jetStream.reads.perSecond)} documents/s, ${jetStream.reads.documents} in all`);
}
