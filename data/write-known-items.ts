import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readFlags } from "../src/command/flags.ts";
import { seededRandom } from "../src/time.ts";
import { demoDocuments } from "./corpus.ts";
import { knownItems } from "./known-items.ts";

const command = {
  usage: "npm run known-items -- --out DIR: write a known-item test collection drawn from the demo corpus",
  flags: { out: { kind: "text", placeholder: "DIR", reason: "where to write docs.jsonl, queries.tsv and qrels.tsv" } },
} as const;
const documentCount = 20_000;
const queryCount = 300;
const seed = 1;

async function main(args: string[]): Promise<number> {
  const read = readFlags(args, command);
  if (read.kind === "help") {
    process.stdout.write(read.text);
    return 0;
  }
  if (read.kind === "misuse") return misused(read.problem);
  const { out } = read.values;
  if (read.words.length > 0) return misused(`"${read.words[0]}" is no flag`);
  if (out === undefined) return misused("--out must name the directory to write to");
  const { documents, items } = knownItems(demoDocuments(), { documentCount, queryCount, random: seededRandom(seed) });
  await mkdir(out, { recursive: true });
  await Promise.all([
    writeFile(join(out, "docs.jsonl"), lines(documents.map((document) => JSON.stringify(document)))),
    writeFile(join(out, "queries.tsv"), lines(items.map(({ query }, i) => `${i + 1}\t${query}`))),
    writeFile(join(out, "qrels.tsv"), lines(items.map(({ document }, i) => `${i + 1}\t${document}\t1`))),
  ]);
  return 0;
}

function misused(problem: string): number {
  process.stderr.write(`known-items: ${problem}\n${command.usage}\n`);
  return 2;
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join("");
}

process.exitCode = await main(process.argv.slice(2));
