import { createHash } from "node:crypto";
import { HedgerowError } from "../errors.ts";
import { failureKind } from "./jetstream-errors.ts";
import { receiptStream, receiptSubject } from "./jetstream-names.ts";
import { Patience, uncertain } from "./jetstream-patience.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import type { OutcomeRun } from "./outcome-runs.ts";

export type JetStreamReceipt = { runs: OutcomeRun[]; sequence: number };

/** Which request a receipt is of: the caller's key for one index, and what it asked for, in hexadecimal. */
export type JetStreamReceiptKey = { incarnation: number; key: string; fingerprint: string };

const publishTimeoutMs = 2_000;

type Stored = JetStreamReceipt & { fingerprint: string };

/** The name that a request's writes are marked with: the same for the same request, through whichever root. */
export function requestOf({ key, fingerprint }: JetStreamReceiptKey): string {
  return createHash("sha256").update(`${fingerprint} ${key}`).digest("base64url");
}

/** What the first request with a key came to. Throws `invalid_request` when that one asked for something else. */
export async function findReceipt(
  server: JetStreamServer,
  { incarnation, key, fingerprint }: JetStreamReceiptKey,
): Promise<JetStreamReceipt | undefined> {
  const subject = receiptSubject(incarnation, key);
  const message = await new Patience().read(() => server.last(receiptStream, subject));
  if (message === undefined) return undefined;
  const { fingerprint: first, ...receipt }: Stored = message.json();
  if (first === fingerprint) return receipt;
  const detail = `the idempotency key "${key}" came before with other writes; a new request needs a new key`;
  throw new HedgerowError("invalid_request", detail);
}

/**
 * Remembers what a request came to, unless the same request was answered through another root in the meantime. Answers
 * what is remembered. Holds out while the server is away, and throws `internal` when that takes too long: were the
 * request answered all the same, a copy of it that arrives later would write over what has been written since.
 */
export async function keepReceipt(
  server: JetStreamServer,
  key: JetStreamReceiptKey,
  receipt: JetStreamReceipt,
): Promise<JetStreamReceipt> {
  const stored: Stored = { ...receipt, fingerprint: key.fingerprint };
  const subject = receiptSubject(key.incarnation, key.key);
  const publication = { expect: { lastSubjectSequence: 0 }, timeout: publishTimeoutMs, retries: 0 };
  const keep = async (): Promise<JetStreamReceipt> => {
    try {
      await server.answer(server.client.publish(subject, JSON.stringify(stored), publication));
      return receipt;
    } catch (error) {
      if (failureKind(error) !== "moved") throw error;
      return (await findReceipt(server, key)) ?? receipt;
    }
  };
  try {
    return await new Patience().change(keep);
  } catch (error) {
    throw uncertain(error);
  }
}
