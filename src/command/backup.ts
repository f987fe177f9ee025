import { rmSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DamagedBackup, readBackup } from "../protocol/backup.ts";
import { systemClock } from "../time.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import { beforeInterruption } from "./interruption.ts";
import type { CommandIo } from "./io.ts";
import { formatCount, formatDuration, ProgressBar } from "./progress.ts";
import { isClosed, isReaderGone, writeBytes } from "./standard-output.ts";
import { download } from "./stream.ts";

const usage = `hedgerow backup FILE: write all indexes, their documents and aliases into one file

The file is under its name only once all of it is there, checked and on the disk; one that stood there is replaced.
A pipe or a device is written to as it stands; - is standard output.
Writes may go on meanwhile: what was acknowledged before is in it.`;

const flags = {} as const;

const standardOutput = "/dev/stdout";

/** `hedgerow backup`. Resolves to the exit code: 0 written, 1 not, 2 misused. */
export function run(args: string[], io: CommandIo): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, backup);
}

async function backup({ words, client, io, isJson }: Invocation<typeof flags>): Promise<number> {
  const [named, ...others] = words;
  if (named === undefined) throw new Misuse("name the file to write");
  if (others.length > 0) throw new Misuse(`one file at a time; "${others[0]}" is another`);
  const file = named === "-" ? standardOutput : named;
  const isOutput = file === standardOutput;
  if (isOutput && isClosed(process.stdout)) throw new Misuse("standard output is closed; name the file to write");
  const bar = new ProgressBar("backing up", io, systemClock);
  const isDirect = isOutput || (await isStream(file));
  // Rather than after all of it has been fetched.
  if (!isDirect) await stat(dirname(file));
  try {
    const write = isOutput ? writeOut : isDirect ? writeInto : writeAside;
    const written = await write(file, download(client, "/v1/backup"), bar);
    bar.clear();
    const result = { file, ...written, tookMs: Math.round(bar.elapsedMs) };
    const say = isDirect ? io.stderr : io.stdout;
    if (isJson) say(`${JSON.stringify(result)}\n`);
    else say(`${summary(result)} in ${formatDuration(bar.elapsedMs)} backed up into ${file}\n`);
    return exitCodes.done;
  } catch (error) {
    bar.clear();
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    const left = isDirect ? `what ${file} got is of no use` : "nothing was written";
    io.stderr(`hedgerow: ${problem}; ${left}\n`);
    return exitCodes.failed;
  }
}

/** What kept a backup from being whole; undefined where it never began, or the error says it all. */
function problemOf(error: unknown): string | undefined {
  if (error instanceof DamagedBackup) return `what came is damaged: ${error.message}`;
  return isReaderGone(error) ? "who was to read the backup has gone" : undefined;
}

/**
 * Whether there is something that is no file, such as a pipe: to put a file in its place would take it from its readers.
 * Throws a `Misuse` for a directory.
 */
async function isStream(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) throw new Misuse(`${path} is a directory; name the file to write`);
  return found !== undefined && !found.isFile();
}

type Written = { indexes: string[]; documents: number; sizeBytes: number };

function summary({ indexes, documents, sizeBytes }: Written): string {
  const mebibytes = (sizeBytes / (1024 * 1024)).toFixed(1);
  return `${formatCount(indexes.length, "index")}, ${formatCount(documents, "document")}, ${mebibytes} MiB`;
}

/** So many have been made by this process. */
let filesAside = 0;

/** Writes a file of its own, since another backup to the same name may be under way, and then puts it in its place. */
async function writeAside(path: string, bytes: AsyncIterable<Uint8Array>, bar: ProgressBar): Promise<Written> {
  const aside = `${path}.${process.pid}-${++filesAside}.new`;
  const interruption = beforeInterruption(() => rmSync(aside, { force: true }));
  try {
    const written = await writeInto(aside, bytes, bar);
    await rename(aside, path);
    await syncDirectory(dirname(path));
    return written;
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  } finally {
    interruption.release();
  }
}

/** Writes to what this process was given, and opens nothing: that may be a socket, or a file that others have open. */
function writeOut(_path: string, bytes: AsyncIterable<Uint8Array>, bar: ProgressBar): Promise<Written> {
  return pass(bytes, (chunk) => writeBytes(process.stdout, chunk), bar);
}

async function writeInto(path: string, bytes: AsyncIterable<Uint8Array>, bar: ProgressBar): Promise<Written> {
  const handle = await open(path, "w");
  try {
    const written = await pass(bytes, (chunk) => handle.writeFile(chunk), bar);
    if ((await handle.stat()).isFile()) await handle.sync();
    return written;
  } finally {
    await handle.close();
  }
}

/** Passes the bytes on as they come, and reads them at the same time as a restore will. */
async function pass(
  bytes: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<void>,
  bar: ProgressBar,
): Promise<Written> {
  const written: Written = { indexes: [], documents: 0, sizeBytes: 0 };
  const keep = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of bytes) {
      await write(chunk);
      written.sizeBytes += chunk.length;
      yield chunk;
    }
  };
  let total = 0;
  for await (const line of readBackup(keep())) {
    if (line.kind === "backup") total = line.documents;
    if (line.kind === "index") written.indexes.push(line.index.name);
    if (line.kind !== "document") continue;
    written.documents++;
    bar.update({ documents: written.documents, done: written.documents, total });
  }
  return written;
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  await handle.sync();
  await handle.close();
}
