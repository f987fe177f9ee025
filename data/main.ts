import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { readFlags } from "../src/command/flags.ts";
import { canRedraw, ProgressBar } from "../src/command/progress.ts";
import { errorCodeOf, messageOf } from "../src/errors.ts";
import { systemClock } from "../src/time.ts";
import { demoDocumentCount, demoDocuments } from "./corpus.ts";

const command = {
  usage: "npm run corpus -- [--out FILE]: write the demo corpus, one JSON document a line",
  flags: { out: { kind: "text", placeholder: "FILE", reason: "where to write; standard output by default" } },
} as const;

const io = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
  isTerminal: canRedraw(process.stderr, process.env.TERM),
  env: process.env,
};

async function main(args: string[]): Promise<number> {
  const read = readFlags(args, command);
  if (read.kind === "help") {
    io.stdout(read.text);
    return 0;
  }
  if (read.kind === "misuse" || read.words.length > 0) {
    io.stderr(`corpus: ${read.kind === "misuse" ? read.problem : `"${read.words[0]}" is no flag`}\n${command.usage}\n`);
    return 2;
  }
  try {
    await write(read.values.out);
    return 0;
  } catch (error) {
    // A reader such as head has seen enough.
    if (errorCodeOf(error) === "EPIPE") return 0;
    io.stderr(`corpus: ${messageOf(error)}\n`);
    return 1;
  }
}

async function write(path: string | undefined): Promise<void> {
  const out = path === undefined ? process.stdout : createWriteStream(path);
  const failed = once(out, "error").then(([error]) => Promise.reject(error));
  await Promise.race([failed, writeAll(out)]);
  if (path === undefined) return;
  out.end();
  await finished(out);
}

async function writeAll(out: NodeJS.WritableStream): Promise<void> {
  const bar = new ProgressBar("corpus", io, systemClock);
  let done = 0;
  for (const document of demoDocuments()) {
    if (!out.write(`${JSON.stringify(document)}\n`)) await once(out, "drain");
    done++;
    if (done % 1000 === 0) bar.update({ documents: done, done, total: demoDocumentCount });
  }
  bar.clear();
}

process.exitCode = await main(process.argv.slice(2));
