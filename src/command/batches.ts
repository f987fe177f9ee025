/** Whole lines on their way to the service. `firstLine` is the first one's number in the source, from one. */
export type Batch = { bytes: Uint8Array<ArrayBuffer>; firstLine: number; lines: number };

export type BatchLimits = { batchBytesMax: number; lineBytesMax: number };

const newline = 0x0a;

/**
 * Cuts a stream of bytes into batches of whole lines, each of `batchBytesMax` at most unless a single line is longer:
 * that one is a batch of its own. Holds no more than one batch and one line; a line of over `lineBytesMax` throws a
 * RangeError that names it. The last line may lack its newline.
 */
export async function* batchesOf(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { batchBytesMax, lineBytesMax }: BatchLimits,
): AsyncGenerator<Batch, void> {
  let firstLine = 1;
  let chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  // A line that fills a batch and does not end is looked at again only when as much has come once more.
  let wantedBytes = batchBytesMax;

  function* cut(isEnd: boolean): Generator<Batch, void> {
    const bytes = Buffer.concat(chunks);
    let start = 0;
    for (;;) {
      const end = batchEnd(bytes, start, { batchBytesMax, isEnd });
      if (end === start) break;
      const batch = batchFrom(bytes.subarray(start, end), firstLine);
      firstLine += batch.lines;
      start = end;
      yield batch;
    }
    chunks = [bytes.subarray(start)];
    sizeBytes = bytes.length - start;
    wantedBytes = Math.max(batchBytesMax, 2 * sizeBytes);
    if (sizeBytes > lineBytesMax) throw new RangeError(`line ${firstLine} is longer than ${lineBytesMax} bytes`);
  }

  for await (const chunk of source) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= wantedBytes) yield* cut(false);
  }
  yield* cut(true);
}

/** Where the batch that begins at `start` ends; `start` itself where there is none, or more bytes are needed to tell. */
function batchEnd(bytes: Uint8Array, start: number, at: { batchBytesMax: number; isEnd: boolean }): number {
  const fullEnd = start + at.batchBytesMax;
  if (bytes.length < fullEnd || (at.isEnd && bytes.length === fullEnd)) return at.isEnd ? bytes.length : start;
  const last = bytes.subarray(start, fullEnd).lastIndexOf(newline);
  if (last !== -1) return start + last + 1;
  const next = bytes.indexOf(newline, fullEnd);
  if (next !== -1) return next + 1;
  return at.isEnd ? bytes.length : start;
}

/** A batch with bytes of its own, since those it is cut from are kept for the next. */
function batchFrom(bytes: Uint8Array, firstLine: number): Batch {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++;
  const lacksNewline = bytes[bytes.length - 1] !== newline;
  return { bytes: new Uint8Array(bytes), firstLine, lines: lines + (lacksNewline ? 1 : 0) };
}
