import { readFile } from "node:fs/promises";
import { systemClock, systemRandom, systemTimers } from "../time.ts";
import { type ImportResult, importLines } from "./bulk-import.ts";
import { accepted, type Client } from "./client.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import { inLines, openSource } from "./import-source.ts";
import { indexPath } from "./index-path.ts";
import { beforeInterruption } from "./interruption.ts";
import type { CommandIo } from "./io.ts";
import { plain } from "./plain-text.ts";
import { formatCount, formatDuration, ProgressBar } from "./progress.ts";

const mebibyte = 1024 * 1024;

const usage = `hedgerow import FILE.jsonl --index NAME: load documents, one JSON object with an "id" a line

FILE may be - for standard input. What the service does not take for now is sent again for a minute. Documents that do
not fit are listed by line, and the exit code is then 1; all others are in.`;

const form = `a file must hold one JSON object a line, such as {"id": "1", "title": "Walden"}, with fields of the index`;

const flags = {
  index: { kind: "text", placeholder: "NAME", reason: "the index to load into" },
  settings: {
    kind: "text",
    placeholder: "FILE",
    reason: "create the index first, with the fields and settings in this JSON file",
  },
  parallel: { kind: "number", min: 1, max: 16, isWhole: true, reason: "requests on their way at once (3)" },
  batchMb: { kind: "number", min: 0.01, max: 16, reason: "mebibytes of documents in a request at most (1)" },
} as const;

/** `hedgerow import`. Resolves to the exit code: 0 all in, 1 some or all not, 2 misused. */
export function run(args: string[], io: CommandIo): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, importFile);
}

async function importFile({ values, words, client, io, isJson }: Invocation<typeof flags>): Promise<number> {
  const [file, ...others] = words;
  if (file === undefined) throw new Misuse("name the file to import, or - for standard input");
  if (others.length > 0) throw new Misuse(`one file at a time; "${others[0]}" is another`);
  if (values.index === undefined) throw new Misuse("--index must name the index to load into");
  const source = await openSource(file);
  const bar = new ProgressBar("importing", io, systemClock);
  const target = { client, index: values.index, timers: systemTimers, random: systemRandom };
  let taken = 0;
  const breakOff = (): void => {
    bar.clear();
    if (taken > 0) io.stderr(unfinished(taken));
  };
  const interruption = beforeInterruption(breakOff);
  try {
    if (values.settings !== undefined) await createIndex(client, values.index, values.settings);
    const result = await importLines(target, {
      source: inLines(source.bytes, file),
      parallelism: values.parallel ?? 3,
      batchBytesMax: Math.round((values.batchMb ?? 1) * mebibyte),
      onProgress: ({ accepted: documents, sizeBytes }) => {
        taken = documents;
        bar.update({ documents, done: sizeBytes, total: source.sizeBytes });
      },
      onRetry: (reason) => {
        bar.clear();
        io.stderr(`hedgerow: ${reason}; trying again for a minute\n`);
      },
    });
    bar.clear();
    if (isJson) io.stdout(`${JSON.stringify({ ...result, tookMs: Math.round(bar.elapsedMs) })}\n`);
    else printResult(result, bar.elapsedMs, io);
    return result.rejected === 0 ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    breakOff();
    throw error;
  } finally {
    interruption.release();
    // A standard input that nothing comes from would keep the process.
    source.bytes.destroy();
  }
}

function unfinished(taken: number): string {
  const known = formatCount(taken, "document");
  return `hedgerow: broken off with ${known} in, and perhaps more; to import all of it again does no harm\n`;
}

async function createIndex(client: Client, index: string, settingsFile: string): Promise<void> {
  let json: unknown;
  try {
    // A file may begin with a byte order mark, as documents may: decoding leaves it out.
    json = JSON.parse(new TextDecoder().decode(await readFile(settingsFile)));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Misuse(`${settingsFile} is not JSON: ${error.message}`);
    throw error;
  }
  accepted(await client.request(indexPath(index), { method: "PUT", json }));
}

function printResult(result: ImportResult, elapsedMs: number, io: CommandIo): void {
  for (const { line, id, code, detail } of result.rejections) {
    io.stderr(plain(`line ${line}${id === undefined ? "" : ` (${id})`}: ${code}: ${detail}`, Number.POSITIVE_INFINITY));
    io.stderr("\n");
  }
  const unlisted = result.rejected - result.rejections.length;
  if (unlisted > 0) io.stderr(`and ${formatCount(unlisted)} more rejected\n`);
  const rejected = result.rejected === 0 ? "" : `, ${formatCount(result.rejected)} rejected`;
  const rate = formatCount((1000 * result.accepted) / Math.max(elapsedMs, 1));
  io.stdout(
    `${formatCount(result.accepted, "document")} imported${rejected} in ${formatDuration(elapsedMs)} (${rate}/s)\n`,
  );
  if (result.accepted === 0 && result.rejected > 0) io.stderr(`hedgerow: not one document fits; ${form}\n`);
}
