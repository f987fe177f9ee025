import { HedgerowError } from "../errors.ts";
import { shardOf } from "../protocol/hashing.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { failureKind, unavailable } from "./jetstream-errors.ts";
import { type ChangeHead, changeHead, headersOf, type WriteMark } from "./jetstream-message.ts";
import { changeStream, changeSubject } from "./jetstream-names.ts";
import { Patience, uncertain } from "./jetstream-patience.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import type { DocumentWrite, WriteOutcome } from "./log.ts";
import { conditionHolds } from "./write-condition.ts";

/** A write on its way, and where it goes. */
export type WriteTask = { write: DocumentWrite; subject: string; shard: number; mark: WriteMark };

/**
 * What a write came to: a message at a sequence, nothing (a delete of what is not there; `sequence` is that of its
 * tombstone, if there is one), or a conflict.
 */
export type WriteResult =
  | { kind: "written"; sequence: number; found: boolean }
  | { kind: "nothing"; sequence: number | undefined }
  | Extract<WriteOutcome, { kind: "conflict" }>;

/** The message that stands for a document: `sequence` 0 when there is none. */
type Standing = ChangeHead & { sequence: number };

const noStanding: Standing = { sequence: 0, kind: "delete", found: false, mark: undefined };
const empty = new Uint8Array();
const publishTimeoutMs = 2_000;
/** What a message's headers may take beside its source. */
const headerBytesMax = 512;

export function writeTask(
  { incarnation, settings }: IndexDefinition,
  write: DocumentWrite,
  mark: WriteMark,
): WriteTask {
  const shard = shardOf(write.id, settings.shards);
  return { write, shard, mark, subject: changeSubject({ incarnation, shard, id: write.id }) };
}

/** The largest document whose change is one message of the server. */
export function largestDocumentBytes({ messageBytesMax }: Pick<JetStreamServer, "messageBytesMax">): number {
  return Math.max(0, messageBytesMax - headerBytesMax);
}

/** Throws `too_large` when a write cannot be one message of the server. */
export function checkSize({ write }: WriteTask, server: Pick<JetStreamServer, "messageBytesMax">): void {
  const sizeBytes = write.kind === "put" ? write.source.length : 0;
  if (sizeBytes <= largestDocumentBytes(server)) return;
  const { messageBytesMax } = server;
  const detail = `the document "${write.id}" has ${sizeBytes} bytes; the change log's server takes messages of up to ${messageBytesMax} (its max_payload)`;
  throw new HedgerowError("too_large", detail);
}

/**
 * Makes writes of different documents, all at the same time. Each is published on the condition that its document
 * stands where it was read, so that two roots that write one document never both succeed on the same state. A write
 * whose acknowledgement was lost is found again by its mark. Results are in the order of the tasks; so are sequences,
 * except those of documents that somebody else was writing at that moment.
 */
export async function makeWrites(
  server: JetStreamServer,
  tasks: readonly WriteTask[],
): Promise<PromiseSettledResult<WriteResult>[]> {
  const patience = new Patience();
  const standings = await Promise.all(tasks.map((task) => patience.read(() => standingOf(server, task.subject))));
  return Promise.allSettled(tasks.map((task, i) => makeWrite(server, task, { standing: standings[i], patience })));
}

async function makeWrite(
  server: JetStreamServer,
  task: WriteTask,
  { standing: first = noStanding, patience }: { standing: Standing | undefined; patience: Patience },
): Promise<WriteResult> {
  let standing = first;
  /** The sequence on which a publication of unknown fate was conditional. */
  let unsureOn: number | undefined;
  for (;;) {
    if (isOurs(standing, task.mark)) return { kind: "written", sequence: standing.sequence, found: standing.found };
    // Somebody else's message stands where ours may have stood in between.
    if (unsureOn !== undefined && standing.sequence !== unsureOn) throw uncertain("its document has changed since");
    const decided = decide(task.write, standing);
    if (decided !== "publish") return decided;
    try {
      return await publish(server, task, standing);
    } catch (error) {
      const kind = failureKind(error);
      if (kind === "unknown") unsureOn = standing.sequence;
      const isLast = patience.isOver || kind === "unsendable";
      if (isLast) throw unsureOn === undefined ? unavailable(error) : uncertain(error);
      if (kind !== "moved") await patience.pause();
      standing = await patience
        .read(() => standingOf(server, task.subject))
        .catch((cause) => {
          throw unsureOn === undefined ? cause : uncertain(cause);
        });
    }
  }
}

/** A request that is repeated with its key finds its own writes, or later ones of the same request to the document. */
function isOurs({ mark }: Standing, own: WriteMark): boolean {
  return mark !== undefined && mark.request === own.request && mark.place >= own.place;
}

function decide(write: DocumentWrite, { sequence, kind }: Standing): "publish" | WriteResult {
  const currentVersion = kind === "put" ? sequence : undefined;
  if (!conditionHolds(write.condition, currentVersion)) return { kind: "conflict", currentVersion };
  if (write.kind === "put" || currentVersion !== undefined) return "publish";
  return { kind: "nothing", sequence: sequence === 0 ? undefined : sequence };
}

async function publish(server: JetStreamServer, task: WriteTask, standing: Standing): Promise<WriteResult> {
  const { write, subject, mark } = task;
  const found = standing.kind === "put";
  const published = server.client.publish(subject, write.kind === "put" ? write.source : empty, {
    headers: headersOf({ kind: write.kind, found, mark }),
    expect: { lastSubjectSequence: standing.sequence },
    timeout: publishTimeoutMs,
    retries: 0,
  });
  const { seq } = await server.answer(published);
  return { kind: "written", sequence: seq, found };
}

async function standingOf(server: JetStreamServer, subject: string): Promise<Standing> {
  const message = await server.last(changeStream, subject);
  return message === undefined ? noStanding : { ...changeHead(message.header), sequence: message.seq };
}
