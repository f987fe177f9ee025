import { readdirSync } from "node:fs";
import { readFlags } from "../../src/command/flags.ts";
import { createIndexing } from "../../src/leaf/indexing.ts";
import { createLeaf } from "../../src/leaf/leaf.ts";
import { openReplicaWith } from "../../src/leaf/open-replica.ts";
import type { Plan } from "../../src/protocol/plan.ts";
import { writePlan } from "../../src/protocol/plan-payload.ts";
import { createLeafLink, type LeafLink } from "../../src/root/leaf-link.ts";
import { sleep, systemClock, systemRandom, systemTimers, yieldToLoop } from "../../src/time.ts";

const command = {
  usage: `npm run soak: a million attempts over one link, each cancelled, within two minutes

Fails where a socket was opened on the way or memory has grown. Takes no flags.`,
  flags: {},
} as const;

const attempts = 1_000_000;
const batch = 100;
const limitMs = 110_000;
const warmUp = attempts / 5;
/** What a heap may grow by without leaking: attempts leave nothing behind, so the rest is the collector's mood. */
const growthBytesMax = 16 * 1024 * 1024;

const plan: Plan = {
  index: "soak",
  incarnation: 1,
  epoch: "0",
  bm25: { k1: 1.2, b: 0.75 },
  fieldBoosts: [1],
  averageLengths: [1],
  clauses: [{ occur: "optional", terms: [{ term: "a", weight: 1 }] }],
  matchAtLeast: 0,
  top: 10,
};

type Reading = { attempts: number; heapBytes: number; descriptors: number };

/**
 * `npm run soak`: a million attempts over one link, each cancelled, some before the leaf has read them and some while
 * they wait or after they ran. Fails where a socket was opened on the way or memory has grown.
 */
async function soak(): Promise<void> {
  const indexing = createIndexing({ threads: 1 });
  const leaf = createLeaf({
    name: "leaf",
    openReplica: openReplicaWith(indexing),
    clock: systemClock,
    timers: systemTimers,
    log: { level: "silent" },
    runtimeMetrics: false,
  });
  const url = await leaf.listen({ host: "127.0.0.1", port: 0 });
  const link = createLeafLink({ url, clock: systemClock, timers: systemTimers, random: systemRandom });
  while (!link.connected) await sleep(5);
  try {
    const startMs = systemClock.nowMs();
    let first: Reading | undefined;
    let done = 0;
    for (; done < attempts && systemClock.nowMs() - startMs < limitMs; done += batch) {
      if (done >= warmUp && first === undefined) first = await read(done);
      await cancelSome(link, done);
    }
    report(first, await read(done), {
      tookMs: systemClock.nowMs() - startMs,
      open: link.inflight,
      links: leaf.links.size,
    });
  } finally {
    link.close();
    await leaf.close();
    await indexing.close();
  }
}

/** Sends a batch and cancels it: at once, after a turn of the loop, or after several. */
async function cancelSome(link: LeafLink, round: number): Promise<void> {
  const bytes = writePlan(plan);
  const sent: number[] = [];
  const forget = { onStarted: () => undefined, onReply: () => undefined, onError: () => undefined };
  for (let i = 0; i < batch; i++) {
    const request = link.search({ plan: bytes, shard: 0, budgetMs: 1000, tied: i % 2 === 0 }, forget);
    if (request === undefined) throw new Error("the link went down");
    sent.push(request);
  }
  for (let turn = 0; turn < (round / batch) % 3; turn++) await yieldToLoop();
  for (const request of sent) link.cancel(request);
  await yieldToLoop();
}

/** Lets what is under way end, and collects what is garbage. */
async function read(done: number): Promise<Reading> {
  await sleep(200);
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc: garbage must be told from leaks");
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await sleep(20);
  }
  const descriptors = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  return { attempts: done, heapBytes: process.memoryUsage().heapUsed + process.memoryUsage().external, descriptors };
}

function report(first: Reading | undefined, last: Reading, end: { tookMs: number; open: number; links: number }): void {
  if (first === undefined) throw new Error("too slow to say anything");
  const grownBytes = last.heapBytes - first.heapBytes;
  const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(2);
  process.stdout.write(`${last.attempts} cancelled attempts in ${(end.tookMs / 1000).toFixed(1)} s\n`);
  process.stdout.write(`memory ${mebibytes(first.heapBytes)} -> ${mebibytes(last.heapBytes)} MiB\n`);
  process.stdout.write(
    `descriptors ${first.descriptors} -> ${last.descriptors}, links ${end.links}, open ${end.open}\n`,
  );
  const wrong = [
    last.attempts < attempts ? "it took too long" : undefined,
    grownBytes > growthBytesMax ? "memory has grown" : undefined,
    last.descriptors > first.descriptors || end.links !== 1 ? "sockets were opened" : undefined,
    end.open > 0 ? "attempts were left open" : undefined,
  ].filter((problem) => problem !== undefined);
  if (wrong.length === 0) return;
  process.stderr.write(`${wrong.join("\n")}\n`);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<void> {
  const read = readFlags(args, command);
  if (read.kind === "help") process.stdout.write(read.text);
  else if (read.kind === "ok" && read.words.length === 0) await soak();
  else {
    process.stderr.write(`soak: ${read.kind === "misuse" ? read.problem : `"${read.words[0]}" is no flag`}\n`);
    process.exitCode = 2;
  }
}

await main(process.argv.slice(2));
