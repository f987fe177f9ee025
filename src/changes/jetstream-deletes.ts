import type { LogEra } from "../protocol/history.ts";
import { failureKind } from "./jetstream-errors.ts";
import { changeHead } from "./jetstream-message.ts";
import { catalogStream, catalogSubject, changeStream, forgottenKey, shardFilter } from "./jetstream-names.ts";
import { Patience } from "./jetstream-patience.ts";
import { Puller } from "./jetstream-pull.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import type { LogShard } from "./log.ts";
import { Turns } from "./turns.ts";

type Forgetting = Required<LogEra>;
type Standing = { times: Forgetting[]; revision: number };
type Tombstone = { subject: string; sequence: number };

/** Followers that were last told of earlier times than these begin anew. */
const timesMax = 20;
/** A shard is looked through after so many times what it keeps has been written to it, deletes or other changes. */
const deletesShare = 0.25;
const changesShare = 4;
const pullMessages = 1_000;
const purgesAtOnce = 16;

/**
 * The deletes of each shard beyond those that are kept. When this root has written many, it looks the shard's messages
 * through, writes down up to where deletes are forgotten, and only then has the server purge them one by one.
 */
export class JetStreamDeletes {
  readonly #server: JetStreamServer;
  readonly #kept: number;
  readonly #noted = new Map<string, number>();
  readonly #turns = new Turns();
  #closed = false;

  constructor(server: JetStreamServer, kept: number) {
    this.#server = server;
    this.#kept = kept;
  }

  /** Takes in that a shard has one more delete, while the log stands at `head`. */
  note(shard: LogShard, head: number): void {
    const key = forgottenKey(shard);
    const noted = this.#noted.get(key);
    this.#noted.set(key, (noted ?? 0) + 1);
    if (noted === undefined) void this.#run(() => this.#judgeAge(shard, head));
    else if (noted + 1 > this.#kept * deletesShare) void this.#run(() => this.#clear(shard, head));
  }

  /** All times of forgetting of a shard that are remembered, the oldest first. */
  async all(shard: LogShard): Promise<Forgetting[]> {
    return (await new Patience().read(() => this.#load(shard))).times;
  }

  /** Resolves when nothing is being forgotten any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turns.idle();
  }

  /** In the background and one after the other: what fails is left for the next time. */
  #run(work: () => Promise<void>): Promise<void> {
    return this.#turns.run(async () => {
      if (!this.#closed) await work().catch(() => undefined);
    });
  }

  /** Other lives of the roots may have left much. */
  async #judgeAge(shard: LogShard, head: number): Promise<void> {
    const { times } = await this.#load(shard);
    if (head - (times.at(-1)?.since ?? 0) > this.#kept * changesShare) await this.#clear(shard, head);
  }

  async #clear(shard: LogShard, head: number): Promise<void> {
    if ((this.#noted.get(forgottenKey(shard)) ?? 0) === 0) return;
    this.#noted.set(forgottenKey(shard), 0);
    const tombstones = await this.#tombstones(shard);
    const old = tombstones.slice(0, Math.max(0, tombstones.length - this.#kept));
    const deletes = old.at(-1)?.sequence;
    if (deletes === undefined) return;
    const { times, revision } = await this.#load(shard);
    const next = [...times, { id: crypto.randomUUID(), since: Math.max(head, deletes), deletes }].slice(-timesMax);
    try {
      await this.#server.catalog.put(forgottenKey(shard), JSON.stringify(next), { previousSeq: revision });
    } catch (error) {
      // Another root is at it.
      if (failureKind(error) === "moved") return;
      throw error;
    }
    while (old.length > 0 && !this.#closed) {
      await Promise.all(old.splice(0, purgesAtOnce).map((one) => this.#purge(one)));
    }
  }

  /** A document that was written again since keeps its message. */
  async #purge({ subject, sequence }: Tombstone): Promise<void> {
    await this.#server.admin.streams.purge(changeStream, { filter: subject, seq: sequence + 1 });
  }

  async #tombstones(shard: LogShard): Promise<Tombstone[]> {
    const tombstones: Tombstone[] = [];
    const puller = await Puller.open(this.#server, { filter: shardFilter(shard), from: 1, headersOnly: true });
    const onMessage: Parameters<Puller["pull"]>[0]["onMessage"] = ({ subject, sequence, headers }) => {
      if (changeHead(headers).kind === "delete") tombstones.push({ subject, sequence });
    };
    // It may end before the stream does: then fewer deletes are found, and fewer go.
    while ((await puller.pull({ messages: pullMessages, onMessage })) === "filled" && !this.#closed);
    puller.close();
    return tombstones;
  }

  async #load(shard: LogShard): Promise<Standing> {
    const message = await this.#server.last(catalogStream, catalogSubject(forgottenKey(shard)));
    return message === undefined ? { times: [], revision: 0 } : { times: message.json(), revision: message.seq };
  }
}
