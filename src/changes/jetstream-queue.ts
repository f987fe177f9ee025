import { HedgerowError } from "../errors.ts";
import type { IndexDefinition } from "../protocol/settings.ts";
import { uncertain } from "./jetstream-patience.ts";
import type { JetStreamServer } from "./jetstream-server.ts";
import type { JetStreamWatch } from "./jetstream-watch.ts";
import { makeWrites, type WriteResult, type WriteTask } from "./jetstream-writer.ts";
import type { AppendedShard, WriteOutcome } from "./log.ts";

/** An append that waits for its writes. */
type Append = {
  definition: IndexDefinition;
  tasks: readonly WriteTask[];
  started: number;
  outcomes: WriteOutcome[];
  sequence: number | undefined;
  error: unknown;
  resolve: (done: Appended) => void;
  reject: (error: unknown) => void;
};

export type Appended = { outcomes: WriteOutcome[]; sequence: number };

const waveWritesMax = 2_000;
const waveBytesMax = 8 << 20;
/** What a write counts beside its source. */
const writeBytes = 256;

/**
 * The appends of this root, in waves: a wave holds as many waiting writes as fit, of different documents, and makes
 * them at the same time. Writes of one document are in different waves, so they follow each other in the order they
 * came.
 */
export class JetStreamQueue {
  readonly #server: JetStreamServer;
  readonly #watch: JetStreamWatch;
  readonly #waitingBytesMax: number;
  #waiting: Append[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;

  constructor(server: JetStreamServer, watch: JetStreamWatch, waitingBytesMax: number) {
    this.#server = server;
    this.#watch = watch;
    this.#waitingBytesMax = waitingBytesMax;
  }

  /** Makes an append's writes. Refused as `overloaded` when too much is waiting already. */
  append(definition: IndexDefinition, tasks: readonly WriteTask[]): Promise<Appended> {
    const sizeBytes = tasks.reduce((sum, { write }) => sum + sizeOf(write), 0);
    if (this.#waitingBytes > 0 && this.#waitingBytes + sizeBytes > this.#waitingBytesMax) {
      const detail = `${this.#waitingBytes} bytes of writes are waiting for the change log; send this again later`;
      throw new HedgerowError("overloaded", detail);
    }
    this.#waitingBytes += sizeBytes;
    const done = new Promise<Appended>((resolve, reject) => {
      const fresh = { started: 0, outcomes: [], sequence: undefined, error: undefined };
      this.#waiting.push({ definition, tasks, ...fresh, resolve, reject });
    });
    this.#running ??= this.#run();
    return done.finally(() => {
      this.#waitingBytes -= sizeBytes;
    });
  }

  async #run(): Promise<void> {
    // What comes in the same turn of the loop goes into one wave.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#makeWave();
    this.#running = undefined;
  }

  async #makeWave(): Promise<void> {
    const wave = this.#nextWave();
    const tasks = wave.flatMap(({ tasks }) => tasks);
    const head = this.#watch.head;
    let results: PromiseSettledResult<WriteResult>[];
    try {
      results = await makeWrites(this.#server, tasks);
    } catch (reason) {
      results = tasks.map(() => ({ status: "rejected", reason }));
    }
    this.#settle(wave, results, head);
    const done = this.#waiting.filter(isDone);
    this.#waiting = this.#waiting.filter((append) => !isDone(append));
    for (const append of done) finish(append, this.#watch.head);
  }

  /** As many writes as fit, in their order, up to the first whose document is in the wave already. */
  #nextWave(): { append: Append; tasks: WriteTask[] }[] {
    const wave: { append: Append; tasks: WriteTask[] }[] = [];
    const subjects = new Set<string>();
    let sizeBytes = 0;
    for (const append of this.#waiting) {
      const tasks: WriteTask[] = [];
      wave.push({ append, tasks });
      for (const task of append.tasks.slice(append.started)) {
        const isFull = subjects.size >= waveWritesMax || (sizeBytes > 0 && sizeBytes >= waveBytesMax);
        if (isFull || subjects.has(task.subject)) return wave;
        subjects.add(task.subject);
        sizeBytes += sizeOf(task.write);
        tasks.push(task);
        append.started++;
      }
    }
    return wave;
  }

  /** Hands the results out in order; where nothing was written, what holds since then is what came before. */
  #settle(
    wave: readonly { append: Append; tasks: readonly WriteTask[] }[],
    results: readonly PromiseSettledResult<WriteResult>[],
    headBefore: number,
  ): void {
    let head = headBefore;
    let at = 0;
    const news: AppendedShard[] = [];
    for (const { append, tasks } of wave) {
      const { index, incarnation } = append.definition;
      for (const { shard } of tasks) {
        const result = results[at++];
        if (result?.status !== "fulfilled") {
          append.error = graver(append.error, result?.reason);
          continue;
        }
        const outcome = outcomeOf(result.value, head);
        append.outcomes.push(outcome);
        if (result.value.kind !== "written") continue;
        const { sequence } = result.value;
        head = Math.max(head, sequence);
        append.sequence = Math.max(append.sequence ?? 0, sequence);
        news.push({ index, incarnation, shard, sequence });
      }
    }
    this.#watch.advance(head);
    this.#watch.announce(latestPerShard(news));
  }
}

function isDone({ tasks, started, error }: Append): boolean {
  return error !== undefined || started === tasks.length;
}

/** Of two reasons the one that leaves open what was written. */
function graver(first: unknown, second: unknown): unknown {
  return first === undefined || (second instanceof HedgerowError && second.code === "write_uncertain") ? second : first;
}

/** Who is told that nothing was written must be able to rely on it: a part that was written makes it uncertain. */
function finish({ outcomes, sequence, error, resolve, reject }: Append, head: number): void {
  if (error === undefined) resolve({ outcomes, sequence: sequence ?? head });
  else reject(sequence === undefined ? error : uncertain(error));
}

function outcomeOf(result: WriteResult, head: number): WriteOutcome {
  if (result.kind !== "nothing") return result;
  return { kind: "written", sequence: result.sequence ?? head, found: false };
}

function latestPerShard(news: readonly AppendedShard[]): AppendedShard[] {
  const latest = new Map<string, AppendedShard>();
  for (const one of news) {
    const key = `${one.incarnation}.${one.shard}`;
    if (one.sequence > (latest.get(key)?.sequence ?? 0)) latest.set(key, one);
  }
  return [...latest.values()];
}

function sizeOf(write: WriteTask["write"]): number {
  return writeBytes + (write.kind === "put" ? write.source.length : 0);
}
