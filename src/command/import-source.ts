import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Misuse } from "./client-command.ts";

export type ImportSource = { bytes: Readable; sizeBytes: number | undefined };

const newline = 0x0a;
/** No service takes a document of this size, nor does any file of documents have one. */
const endlessBytes = 1024 * 1024 * 1024;
/** Enough to tell a file's form by. */
const beginBytes = 256;

/** A file's bytes, or those of standard input. The size of a pipe is not known. */
export async function openSource(file: string): Promise<ImportSource> {
  if (file === "-") return { bytes: process.stdin, sizeBytes: undefined };
  const status = await stat(file);
  if (status.isDirectory()) throw new Misuse(`${file} is a directory; name a file in it`);
  return { bytes: createReadStream(file), sizeBytes: status.isFile() ? status.size : undefined };
}

/** The bytes as they are. Throws a `Misuse` where they are no lines: every one would be rejected, or none would end. */
export async function* inLines(bytes: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array, void> {
  const what = file === "-" ? "what comes" : file;
  let isFirst = true;
  let lineBytes = 0;
  for await (const chunk of bytes) {
    const problem = isFirst ? formProblem(chunk) : undefined;
    if (problem !== undefined) throw new Misuse(`${what} ${problem}`);
    isFirst = false;
    const last = chunk.lastIndexOf(newline);
    lineBytes = last === -1 ? lineBytes + chunk.length : chunk.length - 1 - last;
    if (lineBytes > endlessBytes)
      throw new Misuse(`${what} has a line of more than a gibibyte; one JSON object a line is wanted`);
    yield chunk;
  }
}

/** What a source is instead of lines, and the command that makes them of it; undefined where that cannot be told. */
function formProblem(begin: Uint8Array): string | undefined {
  if (begin[0] === 0x1f && begin[1] === 0x8b) {
    return "is packed by gzip; gzip -dc FILE | hedgerow import - --index NAME unpacks it";
  }
  const text = new TextDecoder().decode(begin.subarray(0, beginBytes));
  if (!text.trimStart().startsWith("[")) return undefined;
  return "is one JSON array; jq -c '.[]' FILE | hedgerow import - --index NAME makes a line of each document";
}
