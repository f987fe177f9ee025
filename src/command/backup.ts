import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DamagedBackup, readBackup } from "../protocol/backup.ts";
import { systemClock } from "../time.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import type { CommandIo } from "./io.ts";
import { formatCount, formatDuration, ProgressBar } from "./progress.ts";
import { download } from "./stream.ts";

const usage = `hedgerow backup FILE: write all indexes, their documents and aliases into one file

The file is under its name only once all of it is there, checked and on the disk; one that stood there is replaced.
Writes may go on meanwhile: what was acknowledged before is in it.`;

const flags = {} as const;

/** `hedgerow backup`. Resolves to the exit code: 0 written, 1 not, 2 misused. */
export function run(args: string[], io: CommandIo): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, backup);
}

async function backup({ words, client, io, isJson }: Invocation<typeof flags>): Promise<number> {
  const [file, ...others] = words;
  if (file === undefined) throw new Misuse("name the file to write");
  if (others.length > 0) throw new Misuse(`one file at a time; "${others[0]}" is another`);
  const bar = new ProgressBar("backing up", io, systemClock);
  const aside = `${file}.new`;
  try {
    const written = await writeAside(aside, download(client, "/v1/backup"), bar);
    await rename(aside, file);
    await syncDirectory(dirname(file));
    bar.clear();
    const result = { file, ...written, tookMs: Math.round(bar.elapsedMs) };
    if (isJson) io.stdout(`${JSON.stringify(result)}\n`);
    else io.stdout(`${summary(result)} in ${formatDuration(bar.elapsedMs)} backed up into ${file}\n`);
    return exitCodes.done;
  } catch (error) {
    bar.clear();
    await rm(aside, { force: true });
    if (!(error instanceof DamagedBackup)) throw error;
    io.stderr(`hedgerow: what came is damaged: ${error.message}; nothing was written\n`);
    return exitCodes.failed;
  }
}

type Written = { indexes: string[]; documents: number; sizeBytes: number };

function summary({ indexes, documents, sizeBytes }: Written): string {
  const mebibytes = (sizeBytes / (1024 * 1024)).toFixed(1);
  return `${formatCount(indexes.length)} indexes, ${formatCount(documents)} documents, ${mebibytes} MiB`;
}

/** Writes the bytes as they come, and reads them at the same time as a restore will. */
async function writeAside(path: string, bytes: AsyncIterable<Uint8Array>, bar: ProgressBar): Promise<Written> {
  const written: Written = { indexes: [], documents: 0, sizeBytes: 0 };
  const handle = await open(path, "w");
  const keep = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of bytes) {
      await handle.writeFile(chunk);
      written.sizeBytes += chunk.length;
      yield chunk;
    }
  };
  let total = 0;
  try {
    for await (const line of readBackup(keep())) {
      if (line.kind === "backup") total = line.documents;
      if (line.kind === "index") written.indexes.push(line.index.name);
      if (line.kind !== "document") continue;
      written.documents++;
      bar.update({ documents: written.documents, done: written.documents, total });
    }
    await handle.sync();
    return written;
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  await handle.sync();
  await handle.close();
}
