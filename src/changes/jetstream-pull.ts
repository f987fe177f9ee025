import { AckPolicy, DeliverPolicy } from "@nats-io/jetstream";
import { createInbox, type Msg, type MsgHdrs, nanos, type Subscription } from "@nats-io/nats-core";
import { systemTimers, type Timer } from "../time.ts";
import { changeStream } from "./jetstream-names.ts";
import type { JetStreamServer } from "./jetstream-server.ts";

/** `delivery` counts what the server has sent to the puller. */
export type PulledMessage = {
  subject: string;
  sequence: number;
  delivery: number;
  headers: MsgHdrs | undefined;
  data: Uint8Array;
};

export type PullOptions = { filter?: string; from: number; headersOnly?: boolean };
export type PullRequest = {
  messages: number;
  sizeBytes?: number;
  /** How long the server holds the request open for more; without it, it answers with what there is. */
  waitMs?: number;
  onMessage: (message: PulledMessage) => void;
};

/**
 * How a pull ended: `filled`, as it was asked for; `ended`, the server has no more for now; `silent`, it says nothing;
 * `gone`, nothing will come of this puller any more, or not all that lies behind what it has handed over.
 */
export type PullEnd = "filled" | "ended" | "silent" | "gone";

/** The server forgets a puller that asks nothing for so long. */
const idleMs = 30_000;
const graceMs = 2_000;
/** Of an acknowledgement's subject, counted from its end or, when it has a domain, from its start. */
const shortTokens = 9;

/**
 * Reads the change stream in sequence order from one place on, by a consumer of its own. It may end early: whoever
 * needs to know that nothing follows asks the stream itself.
 */
export class Puller {
  readonly #server: JetStreamServer;
  readonly #consumer: string;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  #take: ((message: Msg) => void) | undefined;
  #deliveries = 0;

  private constructor(server: JetStreamServer, consumer: string) {
    this.#server = server;
    this.#consumer = consumer;
    this.#inbox = createInbox();
    this.#subscription = server.connection.subscribe(this.#inbox, {
      callback: (error, message) => {
        if (error === null) this.#take?.(message);
      },
    });
  }

  static async open(server: JetStreamServer, { filter, from, headersOnly = false }: PullOptions): Promise<Puller> {
    const added = server.admin.consumers.add(changeStream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, from),
      ...(filter === undefined ? {} : { filter_subject: filter }),
      headers_only: headersOnly,
      inactive_threshold: nanos(idleMs),
      mem_storage: true,
      num_replicas: 1,
    });
    const { name } = await server.answer(added);
    return new Puller(server, name);
  }

  /**
   * Hands over what comes until the request is filled, the server says that it is over, it falls silent, or the
   * connection to it is lost.
   */
  pull({ messages, sizeBytes, waitMs, onMessage }: PullRequest): Promise<PullEnd> {
    const { connection } = this.#server;
    return new Promise((resolve) => {
      let left = messages;
      let timer: Timer | undefined;
      const end = (how: PullEnd): void => {
        timer?.cancel();
        leave();
        this.#take = undefined;
        resolve(how);
      };
      // A server that was started again knows no such puller, and one that was cut off does not answer on the next connection.
      const leave = this.#server.onLost(() => end("gone"));
      timer = systemTimers.after((waitMs ?? 0) + graceMs, () => end("silent"));
      this.#take = (message) => {
        const code = message.headers?.code ?? 0;
        if (code >= 400) return end(isOver(code, message.headers?.description) ? "ended" : "gone");
        if (code >= 100) return;
        const one = pulled(message);
        // What the server has sent counts as read, also where it was lost with a connection or came too late.
        if (one.delivery !== this.#deliveries + 1) return end("gone");
        this.#deliveries++;
        onMessage(one);
        if (--left === 0) end("filled");
      };
      const request = {
        batch: messages,
        ...(sizeBytes === undefined ? {} : { max_bytes: sizeBytes }),
        ...(waitMs === undefined ? { no_wait: true } : { expires: nanos(waitMs) }),
      };
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${changeStream}.${this.#consumer}`;
      try {
        connection.publish(subject, JSON.stringify(request), { reply: this.#inbox });
      } catch {
        end("silent");
      }
    });
  }

  /** Lets go; the server forgets its part by itself should it not hear of it. */
  close(): void {
    this.#subscription.unsubscribe();
    this.#server.admin.consumers.delete(changeStream, this.#consumer).catch(() => undefined);
  }
}

/** What ends a pull with no message there, after its time, or when the next message is more than the bytes asked for. */
const overCodes = [404, 408];
/** 409 stands for these, and for a consumer that was deleted or whose server is stopping: only its text tells. */
const overConflicts = ["batch completed", "message size exceeds maxbytes"];

/** Whether a status ends its pull alone. Any other, as of a server that knows no such consumer (503), ends the puller. */
function isOver(code: number, description = ""): boolean {
  return overCodes.includes(code) || (code === 409 && overConflicts.includes(description.toLowerCase()));
}

function pulled({ subject, headers, data, reply = "" }: Msg): PulledMessage {
  const tokens = reply.split(".");
  const [sequence, delivery] = tokens.slice(tokens.length === shortTokens ? 5 : 7).map(Number);
  return { subject, sequence: sequence ?? 0, delivery: delivery ?? 0, headers, data };
}
