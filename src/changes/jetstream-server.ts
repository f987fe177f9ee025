import {
  DiscardPolicy,
  type JetStreamClient,
  jetstream,
  jetstreamManager as openStreams,
  StorageType,
  type StoredMsg,
  type StreamConfig,
  type JetStreamManager as Streams,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect, usernamePasswordAuthenticator } from "@nats-io/transport-node";
import { HedgerowError, messageOf } from "../errors.ts";
import { requireSafeServer } from "./jetstream-durability.ts";
import { unavailable } from "./jetstream-errors.ts";
import {
  catalogBucket,
  changeStream,
  changeStreamSubjects,
  receiptStream,
  receiptStreamSubjects,
} from "./jetstream-names.ts";
import type { LogServers } from "./log-address.ts";

export type JetStreamServerOptions = LogServers & {
  /** Servers that keep a copy of each change. */
  replicas: number;
  /** Take servers that may lose what they have acknowledged. */
  acceptLoss?: boolean;
};

const requestTimeoutMs = 5_000;
const reconnectDelayMs = 100;
const receiptsMax = 100_000;
const receiptBytesMax = 64 << 20;

/** The connection to the log's servers, and the streams on them. */
export type JetStreamServer = {
  connection: NatsConnection;
  /** Of the server that was reached first. */
  version: string;
  client: JetStreamClient;
  admin: Streams;
  catalog: KV;
  /** The last sequence when it was opened. */
  head: number;
  /** The largest message that the server takes, in bytes, headers included. */
  messageBytesMax: number;
  /** A request's answer, or at once an error when the connection is lost: nothing answers on the next one. */
  answer<T>(request: Promise<T>): Promise<T>;
  /** Calls back when the connection is lost, and when there is another: nothing more comes of what was asked before. */
  onLost(listener: () => void): () => void;
  /** The message that stands for a subject. */
  last(stream: string, subject: string): Promise<StoredMsg | undefined>;
  /** The first message at or after a sequence whose subject fits. */
  next(filter: string, sequence: number): Promise<StoredMsg | undefined>;
};

/**
 * Connects and makes the streams where they are missing. Throws `storage_unavailable` when no server answers, has no
 * JetStream, holds streams that do not fit, or is too old to outlive being killed.
 */
export async function openJetStream(options: JetStreamServerOptions): Promise<JetStreamServer> {
  const { urls, replicas, user, password = () => "", acceptLoss = false } = options;
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({
      servers: [...urls],
      name: "hedgerow",
      ...(user === undefined ? {} : { authenticator: usernamePasswordAuthenticator(user, password) }),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      timeout: requestTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectDelayMs,
      reconnectJitter: reconnectDelayMs,
      ignoreAuthErrorAbort: true,
      // Otherwise every request makes two errors, with their stacks, for the case that it fails.
      noAsyncTraces: true,
    });
    const version = connection.info?.version ?? "";
    requireSafeServer(version, { accepted: acceptLoss });
    const admin = await openStreams(connection, { timeout: requestTimeoutMs });
    const head = await ensureStream(admin, changesConfig(replicas));
    await ensureStream(admin, receiptsConfig(replicas));
    const catalog = await new Kvm(connection).create(catalogBucket, { replicas, history: 1 });
    const { answer, onLost } = followConnection(connection);
    return {
      connection,
      version,
      answer,
      onLost,
      client: jetstream(connection, { timeout: requestTimeoutMs }),
      admin,
      catalog,
      head,
      messageBytesMax: connection.info?.max_payload ?? 1 << 20,
      ...readsOf(admin, replicas, answer),
    };
  } catch (error) {
    await connection?.close();
    throw cannotBeOpened(options, error);
  }
}

/** What stands in the way of a log. */
export function cannotBeOpened({ urls }: LogServers, error: unknown): HedgerowError {
  if (error instanceof HedgerowError) return error;
  const detail = `the change log at ${urls.join(", ")} cannot be opened: ${messageOf(error)}`;
  return new HedgerowError("storage_unavailable", detail);
}

function followConnection(connection: NatsConnection): Pick<JetStreamServer, "answer" | "onLost"> {
  const listeners = new Set<() => void>();
  void (async () => {
    for await (const { type } of connection.status()) {
      // What was sent in between was for a connection that never came up.
      if (type !== "disconnect" && type !== "reconnect") continue;
      for (const listener of [...listeners]) listener();
    }
  })();
  return {
    onLost(listener) {
      const own = (): void => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    answer: (request) =>
      new Promise((resolve, reject) => {
        const lost = (): void => {
          listeners.delete(lost);
          reject(new Error("the connection was lost"));
        };
        listeners.add(lost);
        request.then(resolve, reject).finally(() => listeners.delete(lost));
      }),
  };
}

/**
 * A direct read may be answered by any server that has a copy, and one that lags knows less than was acknowledged; so
 * with several copies the stream's leader is asked.
 */
function readsOf(
  admin: Streams,
  replicas: number,
  answer: JetStreamServer["answer"],
): Pick<JetStreamServer, "last" | "next"> {
  const reader = replicas === 1 ? admin.direct : admin.streams;
  return {
    async last(stream, subject) {
      return (await answer(reader.getMessage(stream, { last_by_subj: subject }))) ?? undefined;
    },
    async next(filter, sequence) {
      const query = { seq: sequence, next_by_subj: filter };
      return (await answer(reader.getMessage(changeStream, query))) ?? undefined;
    },
  };
}

/** Makes a stream, or holds the one that stands against what it must be. Returns its last sequence. */
async function ensureStream(admin: Streams, config: StreamConfigPart): Promise<number> {
  try {
    const { state } = await admin.streams.add(config);
    return state.last_seq;
  } catch (error) {
    // It stands, perhaps with settings of its operator's: those that promises rest on must be as they are.
    const standing = await admin.streams.info(config.name).catch(() => undefined);
    if (standing === undefined) throw unavailable(error);
    const { max_msgs_per_subject, num_replicas, discard, storage } = standing.config;
    const fits = max_msgs_per_subject === 1 && storage === config.storage && discard === config.discard;
    if (fits && num_replicas === config.num_replicas) return standing.state.last_seq;
    const detail = `the stream ${config.name} stands with ${num_replicas} replicas and other settings than asked for: change it, or ask for what it has`;
    throw new HedgerowError("storage_unavailable", detail);
  }
}

type StreamConfigPart = Partial<StreamConfig> & { name: string };

/** When it is full, new changes are refused rather than old ones lost. */
function changesConfig(replicas: number): StreamConfigPart {
  return {
    name: changeStream,
    subjects: changeStreamSubjects,
    max_msgs_per_subject: 1,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    num_replicas: replicas,
    allow_direct: true,
    deny_delete: true,
  };
}

function receiptsConfig(replicas: number): StreamConfigPart {
  return {
    name: receiptStream,
    subjects: receiptStreamSubjects,
    max_msgs_per_subject: 1,
    max_msgs: receiptsMax,
    max_bytes: receiptBytesMax,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    allow_direct: true,
  };
}
