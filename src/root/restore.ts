import type { ChangeLog, DocumentWrite, IndexLife } from "../changes/log.ts";
import { HedgerowError } from "../errors.ts";
import { type BackupIndex, DamagedBackup, readBackup } from "../protocol/backup.ts";
import type { IndexSettings } from "../protocol/settings.ts";
import { sleep, type Timers } from "../time.ts";
import { checkId, readDocument } from "./documents.ts";
import { RestoreClaim } from "./restore-claim.ts";

export type RestoreParts = {
  log: Pick<ChangeLog, "append" | "createIndex" | "dropIndex" | "indexes" | "setAliases">;
  timers: Timers;
  /** Throws where settings do not fit; adds what belongs to this cluster. */
  settle: (index: BackupIndex) => IndexSettings;
};

/** `token`: a search that is sent it as `after` waits until it finds all that came. */
export type RestoreReport = { indexes: string[]; documents: number; aliases: number; token: string };

const batchBytes = 1 << 20;
const retryDelayMs = 50;

/**
 * Fills an empty cluster from the bytes of a backup. What an earlier restore that broke off left is cleared away first.
 * Rejects with `index_exists` where there are indexes, with `not_ready` where another restore took its place, and with
 * `invalid_request`, saying how far it came, where the backup is damaged: then the cluster is empty again.
 */
export async function restore(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  parts: RestoreParts,
): Promise<RestoreReport> {
  const claim = await RestoreClaim.make(parts.log);
  const run = new RestoreRun(parts, claim);
  try {
    const report = await run.read(source);
    await claim.finish();
    return report;
  } catch (error) {
    await claim.giveUp();
    if (!(error instanceof DamagedBackup)) throw error;
    const { documents } = run.report;
    const detail = `the backup is damaged: ${error.message}; ${documents} documents had come, and nothing of it was kept`;
    throw new HedgerowError("invalid_request", detail);
  }
}

/** One way of a backup into the log. */
class RestoreRun {
  readonly report: RestoreReport = { indexes: [], documents: 0, aliases: 0, token: "0" };
  readonly #parts: RestoreParts;
  readonly #claim: RestoreClaim;
  #open: IndexLife | undefined;
  #waiting: DocumentWrite[] = [];
  #waitingBytes = 0;

  constructor(parts: RestoreParts, claim: RestoreClaim) {
    this.#parts = parts;
    this.#claim = claim;
  }

  async read(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<RestoreReport> {
    let aliases: Record<string, string> = {};
    for await (const line of readBackup(source)) {
      if (line.kind === "index") await this.#begin(line.index);
      if (line.kind === "document") await this.#take(line.source);
      if (line.kind === "aliases") ({ aliases } = line);
    }
    await this.#flush();
    await this.#claim.requireStanding();
    await this.#parts.log.setAliases(aliases);
    return { ...this.report, aliases: Object.keys(aliases).length };
  }

  async #begin(index: BackupIndex): Promise<void> {
    await this.#flush();
    const settings = this.#parts.settle(index);
    this.#open = await this.#claim.createIndex(index.name, settings);
    this.report.indexes.push(index.name);
    this.report.token = String(this.#open.incarnation);
  }

  async #take(line: Uint8Array): Promise<void> {
    if (this.#open === undefined) throw new DamagedBackup("a document comes before any index");
    // The line lies in a buffer that the stream fills again.
    const source = new Uint8Array(line);
    const read = readDocument(source);
    if (read.kind === "broken") throw new DamagedBackup(`a document is not JSON: ${read.detail}`);
    const check = checkId(read.document);
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
      this.report.token = String(result.sequence);
      break;
    }
    this.report.documents += writes.length;
  }
}

/** The log takes more as soon as it has written what is waiting. */
function onlyOverload(error: unknown): undefined {
  if (!(error instanceof HedgerowError) || error.code !== "overloaded") throw error;
}
