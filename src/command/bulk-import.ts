import type { Random, Timers } from "../time.ts";
import { asList, asNumber, asRecord, asText } from "./answers.ts";
import { type Batch, batchesOf, type LongLine } from "./batches.ts";
import type { Client } from "./client.ts";
import { type Delivered, Delivery, type Destination } from "./delivery.ts";
import { IdOrder } from "./id-order.ts";
import { indexPath } from "./index-path.ts";
import { type Revocable, revocable } from "./revocable.ts";

/** A document that was turned away; `line` counts from one in the source. */
export type Rejection = { line: number; id?: string; code: string; detail: string };

export type ImportProgress = { accepted: number; rejected: number; sizeBytes: number };

/** `rejections` holds the first thousand by line; `rejected` counts all. `token` is the last write's, to search after. */
export type ImportResult = ImportProgress & { rejections: Rejection[]; token: string | undefined };

export type ImportTarget = { client: Client; index: string; timers: Timers; random: Random };

export type ImportOptions = {
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Batches on their way at once. */
  parallelism: number;
  batchBytesMax?: number;
  onProgress?: (progress: ImportProgress) => void;
  /** Told once why it is tried again: no answer came, or the service cannot take anything. */
  onRetry?: (reason: string) => void;
  /** Stops sending; the import rejects with the signal's reason, and what was sent may be in. */
  signal?: AbortSignal;
};

const mebibyte = 1024 * 1024;
const rejectionsMax = 1000;
/** What the service takes in one request, unless it is set otherwise. */
const lineBytesMax = 32 * mebibyte;
const nothing: Batch = { kind: "batch", bytes: new Uint8Array(), firstLine: 1, lines: 0 };

/**
 * Sends documents, one JSON object a line, in batches of about a mebibyte. Memory stays bounded: no more of the source
 * is read than is on its way. Of two lines with one id the later stands: a batch is sent once none before it that shares
 * an id with it is on its way. So what the service did not take is retried for a while, which is harmless. A batch that is
 * too large for one request goes in parts; a single line that is rejects itself. A source without documents is sent as
 * well, so that an index that is not there is told. Throws `RequestRefused` or `ServiceUnreachable` when a batch cannot be
 * delivered; others may then be in. Whatever it ends with, it waits for the source no longer, and asks it to let go.
 */
export async function importLines(target: ImportTarget, options: ImportOptions): Promise<ImportResult> {
  const { signal, onRetry } = options;
  let isTold = false;
  const tell = (reason: string): void => {
    if (!isTold) onRetry?.(reason);
    isTold = true;
  };
  const to = { ...target, path: `${indexPath(target.index)}/documents`, tell, signal };
  const source = revocable(options.source);
  const onAbort = (): void => source.giveUp(signal?.reason);
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await sendAll(to, source, options);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function sendAll(
  to: Destination,
  source: Revocable<Uint8Array>,
  { batchBytesMax = mebibyte, parallelism, onProgress }: ImportOptions,
): Promise<ImportResult> {
  const batches = batchesOf(source.items, { batchBytesMax, lineBytesMax });
  const result: ImportResult = { accepted: 0, rejected: 0, sizeBytes: 0, rejections: [], token: undefined };
  const delivery = new Delivery(to);
  const order = new IdOrder();
  let failed = false;
  let isSent = false;

  const send = async (batch: Batch): Promise<void> => {
    for await (const part of delivery.partsOf(batch)) {
      addReceipt(result, part);
      onProgress?.(result);
      if (failed) return;
    }
  };
  const sendInTurn = async (): Promise<void> => {
    while (!failed) {
      const { value: next } = await batches.next();
      if (next === undefined) return;
      if (next.kind === "batch") {
        isSent = true;
        await order.run(next.bytes, () => send(next));
      } else {
        addLongLine(result, next);
        onProgress?.(result);
      }
    }
  };

  const senders = Array.from({ length: parallelism }, () =>
    sendInTurn().catch((error: unknown) => {
      failed = true;
      source.giveUp(error);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(senders);
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  if (!isSent) await send(nothing);
  result.rejections.sort((a, b) => a.line - b.line);
  return result;
}

function addReceipt(result: ImportResult, { batch, answer }: Delivered): void {
  const receipt = asRecord(answer.body);
  result.accepted += asNumber(receipt.accepted) ?? 0;
  result.sizeBytes += batch.bytes.length;
  result.token = laterToken(result.token, asText(receipt.token));
  for (const value of asList(receipt.rejected)) {
    const { line, id, code, detail } = asRecord(value);
    reject(result, {
      line: batch.firstLine + (asNumber(line) ?? 1) - 1,
      ...(typeof id === "string" ? { id } : {}),
      code: asText(code) ?? "invalid_document",
      detail: asText(detail) ?? "",
    });
  }
}

function addLongLine(result: ImportResult, { line, sizeBytes }: LongLine): void {
  result.sizeBytes += sizeBytes;
  reject(result, { line, code: "too_large", detail: `the line is longer than ${lineBytesMax} bytes` });
}

function reject(result: ImportResult, rejection: Rejection): void {
  result.rejected++;
  if (result.rejections.length < rejectionsMax) result.rejections.push(rejection);
}

/** Batches overtake each other on their way; where tokens are numbers the greater is the later. */
function laterToken(known: string | undefined, next: string | undefined): string | undefined {
  if (known === undefined || next === undefined) return next ?? known;
  return Number(next) < Number(known) ? known : next;
}
