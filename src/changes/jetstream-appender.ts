import { nuid } from "@nats-io/nats-core";
import { HedgerowError } from "../errors.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import type { JetStreamCatalog } from "./jetstream-catalog.ts";
import { Patience, uncertain } from "./jetstream-patience.ts";
import type { JetStreamQueue } from "./jetstream-queue.ts";
import { findReceipt, type JetStreamReceiptKey, keepReceipt, requestOf } from "./jetstream-receipts.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import { checkSize, writeTask } from "./jetstream-writer.ts";
import type { AppendResult, DocumentWrite } from "./log.ts";
import { addOutcome, type OutcomeRun, outcomesOf } from "./outcome-runs.ts";
import { packWrites } from "./packed-writes.ts";
import { fingerprintOf } from "./receipt-table.ts";
import { sameWish } from "./same-wish.ts";

type Appended = Extract<AppendResult, { kind: "appended" }>;
type Parts = { server: JetStreamServer; catalog: JetStreamCatalog; queue: JetStreamQueue };

/**
 * Appends to the index that stands under a name, whatever this root has heard of it so far: what went into a life of it
 * that another root had ended before is not acknowledged.
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

  /** See `ChangeLog.append`. Throws `not_ready` when the index was made anew meanwhile, with other settings. */
  async append(index: string, writes: readonly DocumentWrite[], idempotencyKey?: string): Promise<AppendResult> {
    let former: IndexDefinition | undefined;
    for (;;) {
      const definition = this.#catalog.find(index) ?? (await this.#lookUp(index));
      if (definition === undefined) return { kind: "unknown_index" };
      // Whoever sends documents has held them against the settings before.
      if (former !== undefined && !sameWish(former.settings, definition.settings)) throw replaced(index);
      const result = await this.#appendTo(definition, writes, idempotencyKey);
      if (result !== undefined) return result;
      former = definition;
      await this.#lookUp(index);
    }
  }

  /**
   * Answers nothing when the index was dropped before this was called. It is enough that it stood at some moment until
   * now: then the writes count as made before the drop, which nobody can tell from one that came right after them.
   */
  async #appendTo(
    definition: IndexDefinition,
    writes: readonly DocumentWrite[],
    idempotencyKey: string | undefined,
  ): Promise<Appended | undefined> {
    const { incarnation } = definition;
    const asked = Promise.allSettled([new Patience().read(() => this.#catalog.stands(incarnation))]);
    const result = await this.#make(definition, writes, idempotencyKey);
    const [stands] = await asked;
    if (stands.status === "rejected") throw uncertain(stands.reason);
    return stands.value ? result : undefined;
  }

  #make(
    definition: IndexDefinition,
    writes: readonly DocumentWrite[],
    idempotencyKey: string | undefined,
  ): Promise<Appended> {
    if (idempotencyKey === undefined) return this.#write(definition, writes, nuid.next());
    const { incarnation } = definition;
    const fingerprint = Buffer.from(fingerprintOf(packWrites(writes))).toString("hex");
    return this.#writeOnce(definition, writes, { incarnation, key: idempotencyKey, fingerprint });
  }

  /** Another root may have created the index a moment ago. */
  async #lookUp(index: string): Promise<IndexDefinition | undefined> {
    await new Patience().read(() => this.#catalog.refresh());
    return this.#catalog.find(index);
  }

  async #write(definition: IndexDefinition, writes: readonly DocumentWrite[], request: string): Promise<Appended> {
    const tasks = writes.map((write, place) => writeTask(definition, write, { request, place }));
    for (const task of tasks) checkSize(task, this.#server.messageBytesMax);
    return { kind: "appended", ...(await this.#queue.append(definition, tasks)) };
  }

  /** The same request twice at once is one; one that was answered before is answered alike. */
  async #writeOnce(
    definition: IndexDefinition,
    writes: readonly DocumentWrite[],
    key: JetStreamReceiptKey,
  ): Promise<Appended> {
    const request = `${key.incarnation} ${key.key}`;
    const before = this.#requests.get(request) ?? Promise.resolve();
    const done = before
      .catch(() => undefined)
      .then(async (): Promise<Appended> => {
        const known = await findReceipt(this.#server, key);
        if (known !== undefined) return appendedOf(known);
        const result = await this.#write(definition, writes, requestOf(key));
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

function replaced(index: string): HedgerowError {
  const detail = `the index "${index}" was dropped and made anew with other settings while this came; send it again`;
  return new HedgerowError("not_ready", detail);
}
