import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { backupMediaType, DamagedBackup, readBackup } from "../protocol/backup.ts";
import { systemClock } from "../time.ts";
import { asNumber, asRecord } from "./answers.ts";
import { exitCodes, type Invocation, Misuse, runClientCommand } from "./client-command.ts";
import type { CommandIo } from "./io.ts";
import { formatCount, formatDuration, ProgressBar } from "./progress.ts";
import { upload } from "./stream.ts";

const usage = `hedgerow restore FILE: fill an empty cluster from a backup

The file is read through and checked first; where it is damaged nothing is sent. Until the last document is in, the
cluster answers that it is being restored; a restore that broke off is begun anew by running it again.`;

const flags = {
  check: { kind: "switch", reason: "only read the file through, and send nothing" },
} as const;

/** `hedgerow restore`. Resolves to the exit code: 0 all in, 1 not, 2 misused. */
export function run(args: string[], io: CommandIo): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, restore);
}

async function restore({ values, words, client, io, isJson }: Invocation<typeof flags>): Promise<number> {
  const [file, ...others] = words;
  if (file === undefined) throw new Misuse("name the file to restore from");
  if (others.length > 0) throw new Misuse(`one file at a time; "${others[0]}" is another`);
  if (file === "-") throw new Misuse("name a file: a backup is read twice, as standard input cannot be");
  let checked: Checked;
  try {
    checked = await check(file, io);
  } catch (error) {
    if (!(error instanceof DamagedBackup)) throw error;
    if (isJson) io.stdout(`${JSON.stringify({ file, damaged: error.message })}\n`);
    io.stderr(`hedgerow: ${file} is damaged: ${error.message}; nothing was sent\n`);
    return exitCodes.failed;
  }
  const tell = (result: object, text: string): void =>
    io.stdout(isJson ? `${JSON.stringify({ file, ...result })}\n` : text);
  if (values.check === true) {
    tell(checked, `${file} is whole: ${formatCount(checked.documents, "document")}\n`);
    return exitCodes.done;
  }
  const bar = new ProgressBar("restoring", io, systemClock);
  try {
    const bytes = watched(file, (done) => {
      const documents = Math.round((checked.documents * done) / checked.sizeBytes);
      bar.update({ documents, done, total: checked.sizeBytes });
    });
    const { body } = await upload(client, "/v1/restore", { type: backupMediaType, bytes });
    const documents = asNumber(asRecord(body).documents) ?? 0;
    const text = `${formatCount(checked.indexes, "index")}, ${formatCount(documents, "document")} in ${formatDuration(bar.elapsedMs)} restored\n`;
    tell({ ...asRecord(body), tookMs: Math.round(bar.elapsedMs) }, text);
    return exitCodes.done;
  } finally {
    bar.clear();
  }
}

type Checked = { indexes: number; documents: number; sizeBytes: number };

/** Reads the whole file. Throws a `DamagedBackup` where it is not as it was written. */
async function check(file: string, io: CommandIo): Promise<Checked> {
  const found = await stat(file);
  if (!found.isFile()) throw new Misuse(`${file} is no file; it is read twice, as a pipe cannot be`);
  const { size: sizeBytes } = found;
  const bar = new ProgressBar("checking", io, systemClock);
  const checked: Checked = { indexes: 0, documents: 0, sizeBytes };
  let done = 0;
  try {
    const bytes = watched(file, (read) => {
      done = read;
    });
    for await (const line of readBackup(bytes)) {
      if (line.kind === "index") checked.indexes++;
      if (line.kind === "document") checked.documents++;
      bar.update({ documents: checked.documents, done, total: sizeBytes });
    }
    return checked;
  } finally {
    bar.clear();
  }
}

/** The bytes of a file; says after each piece how many have been read. */
async function* watched(file: string, onRead: (sizeBytes: number) => void): AsyncGenerator<Uint8Array, void> {
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
    if (!(chunk instanceof Uint8Array)) continue;
    yield chunk;
    sizeBytes += chunk.length;
    onRead(sizeBytes);
  }
}
