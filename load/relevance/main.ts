import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../src/errors.ts";
import { interruption } from "../driver/interruption.ts";
import { readCollection } from "./collection.ts";
import { compare } from "./compare.ts";
import { comparisonJson, comparisonTable } from "./comparison-report.ts";
import { evaluate } from "./evaluate.ts";
import { IndexClient } from "./index-client.ts";
import { startLocalCluster } from "./local-cluster.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { asJson, asTable } from "./report.ts";

async function main(args: readonly string[]): Promise<number> {
  const read = readOptions(args);
  if (read.kind === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if (read.kind === "invalid") {
    process.stderr.write(`relevance: ${read.detail}\n\n${usage}`);
    return 2;
  }
  try {
    await run(read.options);
    return 0;
  } catch (error) {
    process.stderr.write(`relevance: ${messageOf(error)}\n`);
    return 1;
  }
}

async function run(options: Options): Promise<void> {
  const collection = await readCollection(options.collection);
  if (options.compare) {
    const comparison = await inOwnCluster(options, (url) =>
      compare(collection, { flat: new IndexClient(url, "judged"), titled: new IndexClient(url, "titled") }, options),
    );
    const writeComparison = options.json ? comparisonJson : comparisonTable;
    process.stdout.write(writeComparison(collection.name, comparison));
    return;
  }
  const evaluation = await inOwnCluster(options, (url) =>
    evaluate(collection, new IndexClient(url, "judged"), options),
  );
  const write = options.json ? asJson : asTable;
  process.stdout.write(write(collection.name, evaluation));
}

/** Runs `use` against a cluster that holds nothing else, and leaves nothing of it behind, interrupted or not. */
async function inOwnCluster<T>(options: Options, use: (url: string) => Promise<T>): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), "hedgerow-relevance-"));
  const interrupted = interruption();
  try {
    const cluster = await startLocalCluster(data, ["--leaves", String(options.leaves)]);
    try {
      return await Promise.race([use(cluster.url), interrupted]);
    } finally {
      await cluster.stop();
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
