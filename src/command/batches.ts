/** Whole lines on their way to the service. `firstLine` is the first one's number in the source, from one. */
export type Batch = { kind: "batch"; bytes: Uint8Array<ArrayBuffer>; firstLine: number; lines: number };

/** A line that is longer than any may be, and was passed over. */
export type LongLine = { kind: "longLine"; line: number; sizeBytes: number };

export type BatchLimits = { batchBytesMax: number; lineBytesMax: number };

const newline = 0x0a;

/**
 * Cuts a stream of bytes into batches of whole lines, each of `batchBytesMax` at most unless a single line is longer:
 * that one is a batch of its own. A line of over `lineBytesMax` without its newline is told of in its place. Holds no
 * more than one batch and one line of that length, whatever comes. The last line may lack its newline.
 */
export async function* batchesOf(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: BatchLimits,
): AsyncGenerator<Batch | LongLine, void> {
  const { lineBytesMax } = limits;
  // Then a line that is too long fills a batch of its own, and its length alone tells it.
  const batchBytesMax = Math.min(limits.batchBytesMax, lineBytesMax);
  let firstLine = 1;
  let chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  // A line that fills a batch and does not end is looked at again only when as much has come once more.
  let wantedBytes = batchBytesMax;
  let passedBytes = 0;

  function* cut(isEnd: boolean): Generator<Batch | LongLine, void> {
    const bytes = Buffer.concat(chunks);
    let start = 0;
    for (;;) {
      const end = batchEnd(bytes, start, { batchBytesMax, isEnd });
      if (end === start) break;
      const batch = bytes.subarray(start, end);
      start = end;
      if (lengthOf(batch) > lineBytesMax) yield { kind: "longLine", line: firstLine++, sizeBytes: batch.length };
      else {
        const lines = countLines(batch);
        // With bytes of its own, since those it is cut from are kept for the next.
        yield { kind: "batch", bytes: new Uint8Array(batch), firstLine, lines };
        firstLine += lines;
      }
    }
    const rest = bytes.subarray(start);
    if (rest.length > lineBytesMax) passedBytes = rest.length;
    chunks = passedBytes > 0 ? [] : [rest];
    sizeBytes = passedBytes > 0 ? 0 : rest.length;
    wantedBytes = Math.max(batchBytesMax, Math.min(2 * sizeBytes, lineBytesMax + 1));
  }

  for await (const chunk of source) {
    let kept = chunk;
    if (passedBytes > 0) {
      const found = chunk.indexOf(newline);
      const end = found === -1 ? chunk.length : found + 1;
      passedBytes += end;
      if (found === -1) continue;
      yield { kind: "longLine", line: firstLine++, sizeBytes: passedBytes };
      passedBytes = 0;
      kept = chunk.subarray(end);
    }
    chunks.push(kept);
    sizeBytes += kept.length;
    if (sizeBytes >= wantedBytes) yield* cut(false);
  }
  if (passedBytes > 0) yield { kind: "longLine", line: firstLine, sizeBytes: passedBytes };
  else yield* cut(true);
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

/** The batch in two of about the same size, each of whole lines; it must have two lines or more. */
export function halvesOf({ bytes, firstLine, lines }: Batch): [Batch, Batch] {
  const middle = bytes.lastIndexOf(newline, Math.floor((bytes.length - 1) / 2));
  const end = 1 + (middle === -1 ? bytes.indexOf(newline) : middle);
  const first = bytes.subarray(0, end);
  const linesOfFirst = countLines(first);
  return [
    { kind: "batch", bytes: first, firstLine, lines: linesOfFirst },
    { kind: "batch", bytes: bytes.subarray(end), firstLine: firstLine + linesOfFirst, lines: lines - linesOfFirst },
  ];
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) lines++;
  return endsLine(bytes) ? lines : lines + 1;
}

/** Without the newline at the end, where there is one. */
function lengthOf(bytes: Uint8Array): number {
  return endsLine(bytes) ? bytes.length - 1 : bytes.length;
}

function endsLine(bytes: Uint8Array): boolean {
  return bytes[bytes.length - 1] === newline;
}
