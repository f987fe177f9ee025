import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seededRandom } from "../src/time.ts";
import { demoDocuments } from "./corpus.ts";
import { knownItems } from "./known-items.ts";

const usage = "npm run known-items -- --out DIR: write a known-item test collection drawn from the demo corpus\n";
const documentCount = 20_000;
const queryCount = 300;
const seed = 1;

async function main(args: string[]): Promise<number> {
  const out = outFrom(args);
  if (out === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { documents, items } = knownItems(demoDocuments(), { documentCount, queryCount, random: seededRandom(seed) });
  await mkdir(out, { recursive: true });
  await Promise.all([
    writeFile(join(out, "docs.jsonl"), lines(documents.map((document) => JSON.stringify(document)))),
    writeFile(join(out, "queries.tsv"), lines(items.map(({ query }, i) => `${i + 1}\t${query}`))),
    writeFile(join(out, "qrels.tsv"), lines(items.map(({ document }, i) => `${i + 1}\t${document}\t1`))),
  ]);
  return 0;
}

function outFrom(args: string[]): string | undefined {
  try {
    return parseArgs({ args, options: { out: { type: "string" } } }).values.out;
  } catch {
    return undefined;
  }
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join("");
}

process.exitCode = await main(process.argv.slice(2));
