import { createHash } from "node:crypto";
import { HedgerowError } from "../errors.ts";
import { receiptStream, receiptSubject } from "./jetstream-names.ts";
import { Patience, uncertain } from "./jetstream-patience.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import type { OutcomeRun } from "./outcome-runs.ts";
import { packRuns, unpackRuns } from "./packed-runs.ts";

export type JetStreamReceipt = { runs: OutcomeRun[]; sequence: number };

/** Which request a receipt is of: the caller's key for one index, and what it asked for, in hexadecimal. */
export type JetStreamReceiptKey = { incarnation: number; key: string; fingerprint: string };

const publishTimeoutMs = 2_000;

/** Beyond it runs are packed: a message has a limit of its server's, a megabyte mostly. */
const plainRunsMax = 100;

/** A key that was taken for a request has no result yet. */
type Stored = { fingerprint: string } & Partial<JetStreamReceipt & { packed: string }>;

/** The name that a request's writes are marked with: the same for the same request, through whichever root. */
export function requestOf({ key, fingerprint }: JetStreamReceiptKey): string {
  return createHash("sha256").update(`${fingerprint} ${key}`).digest("base64url");
}

/**
 * Takes a key for a request before it writes anything: of two that come with one key at the same time, through whichever
 * roots, the second one must have written nothing when it is refused. Answers what the request came to, where that is
 * known; where it is not, whoever took the key may have died since, and the same request may be carried out again.
 * Throws `invalid_request` when the key came with other writes.
 */
export async function claimKey(
  server: JetStreamServer,
  key: JetStreamReceiptKey,
): Promise<JetStreamReceipt | undefined> {
  // Taking it again changes nothing, so it may be repeated as reading is.
  return new Patience().read(async () => {
    const standing = await standingOf(server, key);
    if (standing === undefined) await publish(server, key, { on: 0 });
    if (standing === undefined || standing.fingerprint === key.fingerprint) return standing?.receipt;
    const detail = `the idempotency key "${key.key}" came before with other writes; a new request needs a new key`;
    throw new HedgerowError("invalid_request", detail);
  });
}

/**
 * Remembers what a request came to, unless the same request was answered through another root in the meantime. Answers
 * what is remembered. Holds out while the server is away, and throws `write_uncertain` when that takes too long: were the
 * request answered all the same, a copy of it that arrives later would write over what has been written since.
 */
export async function keepReceipt(
  server: JetStreamServer,
  key: JetStreamReceiptKey,
  receipt: JetStreamReceipt,
): Promise<JetStreamReceipt> {
  const keep = async (): Promise<JetStreamReceipt> => {
    const standing = await standingOf(server, key);
    // So many keys came since that this one was forgotten, and taken by another request: the writes are made all the same.
    if (standing !== undefined && standing.fingerprint !== key.fingerprint) return receipt;
    if (standing?.receipt !== undefined) return standing.receipt;
    await publish(server, key, { on: standing?.sequence ?? 0, receipt });
    return receipt;
  };
  try {
    return await new Patience().change(keep);
  } catch (error) {
    throw uncertain(error);
  }
}

/** What stands under a key: a request that has taken it, and what it came to once that is known. */
type Standing = { fingerprint: string; sequence: number; receipt: JetStreamReceipt | undefined };

async function standingOf(server: JetStreamServer, key: JetStreamReceiptKey): Promise<Standing | undefined> {
  const message = await server.last(receiptStream, receiptSubject(key.incarnation, key.key));
  if (message === undefined) return undefined;
  const stored: Stored = message.json();
  return { fingerprint: stored.fingerprint, sequence: message.seq, receipt: await receiptIn(stored) };
}

async function receiptIn({ runs, packed, sequence }: Stored): Promise<JetStreamReceipt | undefined> {
  if (sequence === undefined) return undefined;
  if (packed !== undefined) return { runs: await unpackRuns(packed), sequence };
  return runs === undefined ? undefined : { runs, sequence };
}

async function storedOf(fingerprint: string, receipt: JetStreamReceipt | undefined): Promise<Stored> {
  if (receipt === undefined || receipt.runs.length <= plainRunsMax) return { ...receipt, fingerprint };
  return { packed: await packRuns(receipt.runs), sequence: receipt.sequence, fingerprint };
}

/** On the condition that nothing but what was there at `on` stands under the key. */
async function publish(
  server: JetStreamServer,
  { incarnation, key, fingerprint }: JetStreamReceiptKey,
  { on, receipt }: { on: number; receipt?: JetStreamReceipt },
): Promise<void> {
  const body = JSON.stringify(await storedOf(fingerprint, receipt));
  const publication = { expect: { lastSubjectSequence: on }, timeout: publishTimeoutMs, retries: 0 };
  await server.answer(server.client.publish(receiptSubject(incarnation, key), body, publication));
}
