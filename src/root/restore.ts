import type { ChangeLog, DocumentWrite, IndexLife } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import { type BackupIndex, DamagedBackup, readBackup } from "../protocol/backup.ts";
import { asBuffer } from "../protocol/bytes.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { sleep, type Timers } from "../time.ts";
import { restoringIndex } from "./catalog.ts";
import { checkId } from "./documents.ts";

const markerSettings: IndexSettings = {
  fields: {},
  shards: 1,
  replicas: 1,
  language: "simple",
  bm25: { k1: 1.2, b: 0.75 },
  placementSalt: 0,
};

export type RestoreParts = {
  log: Pick<ChangeLog, "append" | "createIndex" | "dropIndex" | "indexes" | "setAliases">;
  timers: Timers;
  /** Throws where settings do not fit; adds what belongs to this cluster. */
  settle: (index: BackupIndex) => IndexSettings;
};

export type RestoreReport = { indexes: string[]; documents: number; aliases: number };

const batchBytes = 1 << 20;
const retryDelayMs = 50;

/**
 * Fills an empty cluster from the bytes of a backup. What an earlier restore that broke off left is cleared away first.
 * Rejects with `index_exists` where there are indexes, and with `invalid_request`, saying how far it came, where the
 * backup is damaged: then the cluster is empty again.
 */
export async function restore(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  parts: RestoreParts,
): Promise<RestoreReport> {
  const { log } = parts;
  const standing = (await log.indexes()).map(({ index }) => index);
  if (standing.length > 0 && !standing.includes(restoringIndex)) {
    const detail = `the cluster holds ${standing.join(", ")}; a backup is restored into an empty one`;
    throw new HedgerowError("index_exists", detail);
  }
  await log.createIndex(restoringIndex, markerSettings);
  const filling = new Filling(parts);
  try {
    await clear(log);
    const report = await filling.run(source);
    await log.dropIndex(restoringIndex);
    return report;
  } catch (error) {
    await clear(log);
    await log.dropIndex(restoringIndex);
    if (!(error instanceof DamagedBackup)) throw error;
    const { documents } = filling.report;
    const detail = `the backup is damaged: ${error.message}; ${documents} documents had come, and nothing of it was kept`;
    throw new HedgerowError("invalid_request", detail);
  }
}

async function clear(log: RestoreParts["log"]): Promise<void> {
  for (const { index } of await log.indexes()) if (index !== restoringIndex) await log.dropIndex(index);
}

/** One way of a backup into the log. */
class Filling {
  readonly report: RestoreReport = { indexes: [], documents: 0, aliases: 0 };
  readonly #parts: RestoreParts;
  #open: IndexLife | undefined;
  #waiting: DocumentWrite[] = [];
  #waitingBytes = 0;

  constructor(parts: RestoreParts) {
    this.#parts = parts;
  }

  async run(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<RestoreReport> {
    let aliases: Record<string, string> = {};
    for await (const line of readBackup(source)) {
      if (line.kind === "index") await this.#begin(line.index);
      if (line.kind === "document") await this.#take(line.source);
      if (line.kind === "aliases") ({ aliases } = line);
    }
    await this.#flush();
    await this.#parts.log.setAliases(aliases);
    return { ...this.report, aliases: Object.keys(aliases).length };
  }

  async #begin(index: BackupIndex): Promise<void> {
    await this.#flush();
    const settings = this.#parts.settle(index);
    const { definition } = await this.#parts.log.createIndex(index.name, settings);
    this.#open = definition;
    this.report.indexes.push(index.name);
  }

  async #take(line: Uint8Array): Promise<void> {
    if (this.#open === undefined) throw new DamagedBackup("a document comes before any index");
    // The line lies in a buffer that the stream fills again.
    const source = new Uint8Array(line);
    const check = checkId(parsed(source));
    if (check.kind === "misfit") throw new DamagedBackup(`what should be a document is none: ${check.detail}`);
    this.#waiting.push({ kind: "put", id: check.id, source, condition: { kind: "none" } });
    this.#waitingBytes += source.length;
    if (this.#waitingBytes >= batchBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    const writes = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#open === undefined || writes.length === 0) return;
    for (;;) {
      const result = await this.#parts.log.append(this.#open, writes).catch(onlyOverload);
      if (result === undefined) {
        await sleep(retryDelayMs, this.#parts.timers);
        continue;
      }
      if (result.kind === "unknown_index")
        throw new HedgerowError("index_not_found", `${this.#open.index} was dropped`);
      break;
    }
    this.report.documents += writes.length;
  }
}

/** The log takes more as soon as it has written what is waiting. */
function onlyOverload(error: unknown): undefined {
  if (!(error instanceof HedgerowError) || error.code !== "overloaded") throw error;
}

function parsed(source: Uint8Array): unknown {
  try {
    return JSON.parse(asBuffer(source).toString());
  } catch {
    throw new DamagedBackup("a document is no JSON");
  }
}
