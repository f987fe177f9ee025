import { nuid } from "@nats-io/nats-core";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { JetStreamCatalog } from "./jetstream-catalog.ts";
import { Patience, uncertain } from "./jetstream-patience.ts";
import type { JetStreamQueue } from "./jetstream-queue.ts";
import { claimKey, type JetStreamReceiptKey, keepReceipt, requestOf } from "./jetstream-receipts.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import { checkSize, type WriteTask, writeTask } from "./jetstream-writer.ts";
import type { AppendResult, DocumentWrite, IndexLife } from "./log.ts";
import { addOutcome, type OutcomeRun, outcomesOf } from "./outcome-runs.ts";
import { packWrites } from "./packed-writes.ts";
import { fingerprintOf } from "./receipt-table.ts";

type Appended = Extract<AppendResult, { kind: "appended" }>;
type Parts = { server: JetStreamServer; catalog: JetStreamCatalog; queue: JetStreamQueue };

/**
 * Appends to one life of an index, whatever this root has heard of it so far: what went into one that another root had
 * ended before is not acknowledged.
 */
export class JetStreamAppender {
  readonly #server: JetStreamServer;
  readonly #catalog: JetStreamCatalog;
  readonly #queue: JetStreamQueue;
  readonly #requests = new Map<string, Promise<Appended>>();

  constructor({ server, catalog, queue }: Parts) {
    this.#server = server;
    this.#catalog = catalog;
    this.#queue = queue;
  }

  /** See `ChangeLog.append`. */
  async append(to: IndexLife, writes: readonly DocumentWrite[], idempotencyKey?: string): Promise<AppendResult> {
    const definition = this.#find(to) ?? (await this.#lookUp(to));
    if (definition === undefined) return { kind: "unknown_index" };
    // It is enough that it stood at some moment since this came: then the writes count as made before the drop, which
    // nobody can tell from one that came right after them.
    const asked = Promise.allSettled([new Patience().read(() => this.#catalog.stands(to.incarnation))]);
    const result = await this.#make(definition, writes, idempotencyKey);
    const [stands] = await asked;
    if (stands.status === "rejected") throw uncertain(stands.reason);
    if (stands.value) return result;
    // What was written lies where nobody reads. Whoever hears of it is to find the index that stands by now.
    await this.#lookUp(to);
    return { kind: "unknown_index" };
  }

  async #make(
    definition: IndexDefinition,
    writes: readonly DocumentWrite[],
    idempotencyKey: string | undefined,
  ): Promise<Appended> {
    if (idempotencyKey === undefined) return this.#write(definition, this.#tasksOf(definition, writes, nuid.next()));
    const { incarnation } = definition;
    const fingerprint = Buffer.from(fingerprintOf(packWrites(writes))).toString("hex");
    return this.#writeOnce(definition, writes, { incarnation, key: idempotencyKey, fingerprint });
  }

  #find({ index, incarnation }: IndexLife): IndexDefinition | undefined {
    const definition = this.#catalog.find(index);
    return definition?.incarnation === incarnation ? definition : undefined;
  }

  /** Another root may have created or dropped the index a moment ago. */
  async #lookUp(to: IndexLife): Promise<IndexDefinition | undefined> {
    await new Patience().read(() => this.#catalog.refresh());
    return this.#find(to);
  }

  async #write(definition: IndexDefinition, tasks: readonly WriteTask[]): Promise<Appended> {
    return { kind: "appended", ...(await this.#queue.append(definition, tasks)) };
  }

  /** Throws `too_large` when one of the writes cannot be made. */
  #tasksOf(definition: IndexDefinition, writes: readonly DocumentWrite[], request: string): WriteTask[] {
    const tasks = writes.map((write, place) => writeTask(definition, write, { request, place }));
    for (const task of tasks) checkSize(task, this.#server);
    return tasks;
  }

  /** The same request twice at once is one; one that was answered before is answered alike. */
  async #writeOnce(
    definition: IndexDefinition,
    writes: readonly DocumentWrite[],
    key: JetStreamReceiptKey,
  ): Promise<Appended> {
    const tasks = this.#tasksOf(definition, writes, requestOf(key));
    const request = `${key.incarnation} ${key.key}`;
    const before = this.#requests.get(request) ?? Promise.resolve();
    const done = before
      .catch(() => undefined)
      .then(async (): Promise<Appended> => {
        const known = await claimKey(this.#server, key);
        if (known !== undefined) return appendedOf(known);
        const result = await this.#write(definition, tasks);
        const runs: OutcomeRun[] = [];
        for (const outcome of result.outcomes) addOutcome(runs, outcome);
        return appendedOf(await keepReceipt(this.#server, key, { runs, sequence: result.sequence }));
      });
    this.#requests.set(request, done);
    try {
      return await done;
    } finally {
      if (this.#requests.get(request) === done) this.#requests.delete(request);
    }
  }
}

function appendedOf({ runs, sequence }: { runs: OutcomeRun[]; sequence: number }): Appended {
  return { kind: "appended", outcomes: outcomesOf(runs), sequence };
}
