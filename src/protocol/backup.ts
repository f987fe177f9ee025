import { createHash } from "node:crypto";
import { asBuffer } from "./bytes.ts";
import { isCount, isListOf, isString } from "./checks.ts";
import { isRecord } from "./record.ts";
import type { IndexSettings } from "./settings.ts";

/**
 * A backup is lines of JSON, each an object with one key that says what the line is: `backup` opens it, `index` begins
 * an index, whose documents follow as `document`, `aliases` are what points at them, and `end` closes it with the
 * number of documents and the SHA-256 of every byte before its own line. One that cannot be finished closes with
 * `broken` instead, which says why, and is refused as a damaged one is.
 */
export const backupMediaType = "application/x-hedgerow-backup";
const backupFormat = 1;

export type BackupIndex = { name: string; settings: Omit<IndexSettings, "placementSalt"> };

/** A line of a backup, read. `source` is the document's JSON as it was. */
export type BackupLine =
  | { kind: "backup"; indexes: string[]; documents: number }
  | { kind: "index"; index: BackupIndex }
  | { kind: "document"; source: Uint8Array }
  | { kind: "aliases"; aliases: Record<string, string> }
  | { kind: "end"; documents: number };

/** A backup that is not as it was written; `message` says where and how. */
export class DamagedBackup extends Error {
  override readonly name = "DamagedBackup";
}

const newline = 0x0a;
const documentHead = Buffer.from('{"document":');
const endHead = Buffer.from('{"end":');
/** A document is taken in requests of at most a gibibyte; nothing written by a root is longer than that. */
const lineBytesMax = 1 << 30;

/** Writes the lines of a backup, one call for each. */
export class BackupWriter {
  readonly #hash = createHash("sha256");
  #documents = 0;

  /** `documents` is how many there are about, for whoever shows progress. */
  begin(indexes: readonly string[], documents: number): Buffer {
    return this.#line({ backup: { format: backupFormat, indexes, documents } });
  }

  index(index: BackupIndex): Buffer {
    return this.#line({ index });
  }

  documents(sources: readonly Uint8Array[]): Buffer {
    const tail = Buffer.from("}\n");
    const bytes = Buffer.concat(sources.flatMap((source) => [documentHead, source, tail]));
    this.#hash.update(bytes);
    this.#documents += sources.length;
    return bytes;
  }

  aliases(aliases: Readonly<Record<string, string>>): Buffer {
    return this.#line({ aliases });
  }

  end(): Buffer {
    const end = { documents: this.#documents, sha256: this.#hash.digest("hex") };
    return Buffer.from(`${JSON.stringify({ end })}\n`);
  }

  broken(detail: string): Buffer {
    return this.#line({ broken: detail });
  }

  #line(value: object): Buffer {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    this.#hash.update(bytes);
    return bytes;
  }
}

/**
 * Reads a backup line by line. Throws a `DamagedBackup`, naming the line, at the first that does not fit; that the
 * whole is as it was written is only known when the `end` line has come.
 */
export async function* readBackup(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<BackupLine, void> {
  const hash = createHash("sha256");
  let line = 0;
  let documents = 0;
  let ended = false;
  for await (const bytes of linesOf(source)) {
    line++;
    if (ended) throw new DamagedBackup(`line ${line} comes after the end`);
    const isDocument = startsWith(bytes, documentHead);
    const read = isDocument ? readDocument(bytes) : readLine(bytes);
    if (read === undefined) throw new DamagedBackup(`line ${line} is no line of a backup`);
    if ((read.kind === "backup") !== (line === 1)) {
      throw new DamagedBackup(line === 1 ? "it does not begin as a backup does" : `line ${line} begins a backup anew`);
    }
    if (read.kind === "end") {
      ended = true;
      if (read.documents !== documents) {
        throw new DamagedBackup(`it holds ${documents} documents, not the ${read.documents} that were written`);
      }
      if (read.sha256 !== hash.digest("hex")) throw new DamagedBackup("its checksum is wrong");
      yield { kind: "end", documents };
      continue;
    }
    hash.update(bytes).update("\n");
    if (isDocument) documents++;
    yield read;
  }
  if (!ended) throw new DamagedBackup(`it is cut short after line ${line}`);
}

type EndLine = { kind: "end"; documents: number; sha256: string };

function readDocument(bytes: Uint8Array): Extract<BackupLine, { kind: "document" }> | undefined {
  if (bytes.at(-1) !== 0x7d) return undefined;
  return { kind: "document", source: bytes.subarray(documentHead.length, -1) };
}

function readLine(bytes: Uint8Array): Exclude<BackupLine, { kind: "end" }> | EndLine | undefined {
  const value = parsed(bytes);
  if (!isRecord(value)) return undefined;
  if (isRecord(value.backup)) {
    const { format, indexes, documents } = value.backup;
    if (format !== backupFormat) throw new DamagedBackup(`it has format ${String(format)}, not ${backupFormat}`);
    return isListOf(indexes, isString) && isCount(documents) ? { kind: "backup", indexes, documents } : undefined;
  }
  if (typeof value.broken === "string") throw new DamagedBackup(value.broken);
  if (isBackupIndex(value.index)) return { kind: "index", index: value.index };
  if (isAliases(value.aliases)) return { kind: "aliases", aliases: value.aliases };
  if (!isRecord(value.end) || !startsWith(bytes, endHead)) return undefined;
  const { documents, sha256 } = value.end;
  return isCount(documents) && typeof sha256 === "string" ? { kind: "end", documents, sha256 } : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(asBuffer(bytes).toString());
  } catch {
    return undefined;
  }
}

/** Lines without their newlines. One that was cut off counts as one, and will not be what it should. */
async function* linesOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const rest = chunk.subarray(start, end);
      yield held.length === 0 ? rest : Buffer.concat([...held, rest]);
      held = [];
      heldBytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    held.push(chunk.subarray(start));
    heldBytes += chunk.length - start;
    if (heldBytes > lineBytesMax) throw new DamagedBackup(`a line is longer than ${lineBytesMax} bytes`);
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return bytes.length >= head.length && head.every((byte, i) => bytes[i] === byte);
}

function isAliases(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every(isString);
}

function isBackupIndex(value: unknown): value is BackupIndex {
  return (
    isRecord(value) && typeof value.name === "string" && isRecord(value.settings) && isRecord(value.settings.fields)
  );
}
