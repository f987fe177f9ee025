import { type Random, sleep } from "../../src/time.ts";
import { crashIndex, documentOf } from "./document.ts";
import type { History, State } from "./history.ts";
import { fateOf, type Reply, type Request, send } from "./request.ts";

export type WriterParts = {
  name: string;
  documents: number;
  random: Random;
  /** Where the next request goes: one of the roots. */
  rootUrl: () => string;
  history: History;
  /** Whether a bulk request stands as a whole or not at all. */
  together: boolean;
};

/** An answer that judged a request, and whether one of its repetitions may have been carried out before. */
type Judged = { status: number; body: Record<string, unknown>; unsure: boolean };

type Bulk = { key: string; stamps: ReadonlyMap<string, number>; token: string };

const retryDelayMs = 40;
/** After such a share of answers that were lost, a request is not sent again. */
const givingUpShare = 0.04;
const bulkSizeMax = 40;
const documentsPath = `/v1/indexes/${crashIndex}/documents`;

/**
 * A client that owns some documents and writes them one request at a time, in every way the contract knows. It sends a
 * request again until it is answered, as clients do, and throws where an answer contradicts an earlier one.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #ids: string[];
  readonly #bulks: Bulk[] = [];
  #stamp = 0;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#ids = Array.from({ length: parts.documents }, (_, i) => `${parts.name}/${i}`);
  }

  async writeUntil(enough: () => boolean): Promise<void> {
    while (!enough()) await this.#step();
  }

  async #step(): Promise<void> {
    const dice = this.#parts.random.next();
    if (dice < 0.25) await this.#put(this.#pick(), {});
    else if (dice < 0.4) await this.#putOnVersion(this.#pick());
    else if (dice < 0.5) await this.#create(this.#pick());
    else if (dice < 0.65) await this.#remove(this.#pick());
    else if (dice < 0.72) await this.#putOnStaleVersion(this.#pick());
    else if (dice < 0.8) await this.#repeatBulk();
    else await this.#writeBulk();
  }

  /** A document whose state is known. */
  #pick(): string {
    const { random, history } = this.#parts;
    for (;;) {
      const id = this.#ids[Math.floor(random.next() * this.#ids.length)] ?? "";
      if (!history.isOpen(id)) return id;
    }
  }

  async #put(id: string, condition: Record<string, string>): Promise<void> {
    const { history } = this.#parts;
    const before = history.standing(id);
    const stamp = ++this.#stamp;
    const { id: _, ...document } = documentOf(id, stamp);
    const headers = { "content-type": "application/json", ...condition };
    const request = { method: "PUT", path: pathOf(id), headers, body: JSON.stringify(document) };
    const judged = await this.#ask(request, { ids: [id], before: [before], after: [{ stamp }] });
    if (judged === undefined) return;
    const { status, body, unsure } = judged;
    if (status === 412 && unsure) return this.#confirm(id, stamp);
    const expected = before.stamp === undefined ? 201 : 200;
    if (status !== expected && !(unsure && status === 200)) throw this.#contradiction(id, judged, before);
    this.#settle(id, { stamp, version: Number(body.version) }, before);
  }

  /** The condition did not hold when the request came again: then because the first one had made it so. */
  async #confirm(id: string, stamp: number | undefined): Promise<void> {
    const stands = await this.read(id);
    if (stands.stamp !== stamp) throw new Error(`${id} is ${JSON.stringify(stands)}, but only ${stamp} was under way`);
    this.#settle(id, stands, { stamp: undefined });
  }

  async #putOnVersion(id: string): Promise<void> {
    const version = await this.#versionOf(id);
    if (version === undefined) await this.#create(id);
    else await this.#put(id, { "if-match": `"${version}"` });
  }

  /** Creates what is not there; what is there must be refused. */
  async #create(id: string): Promise<void> {
    const before = this.#parts.history.standing(id);
    if (before.stamp === undefined) await this.#put(id, { "if-none-match": "*" });
    else await this.#mustConflict(id, { "if-none-match": "*" });
  }

  async #putOnStaleVersion(id: string): Promise<void> {
    const version = (await this.#versionOf(id)) ?? 2;
    await this.#mustConflict(id, { "if-match": `"${version - 1}"` });
  }

  async #mustConflict(id: string, condition: Record<string, string>): Promise<void> {
    const { id: _, ...document } = documentOf(id, -1);
    const headers = { "content-type": "application/json", ...condition };
    const request = { method: "PUT", path: pathOf(id), headers, body: JSON.stringify(document) };
    const judged = await this.#persist(request);
    if (judged.status !== 412) throw this.#contradiction(id, judged, this.#parts.history.standing(id));
  }

  async #remove(id: string): Promise<void> {
    const { history, random } = this.#parts;
    const before = history.standing(id);
    const version = random.next() < 0.5 ? await this.#versionOf(id) : undefined;
    const headers = version === undefined ? {} : { "if-match": `"${version}"` };
    const request = { method: "DELETE", path: pathOf(id), headers };
    const judged = await this.#ask(request, { ids: [id], before: [before], after: [{ stamp: undefined }] });
    if (judged === undefined) return;
    const { status, unsure, body } = judged;
    const isThere = before.stamp !== undefined;
    if (status === (isThere ? 200 : 404)) this.#settle(id, { stamp: undefined, version: Number(body.version) }, before);
    else if (isThere && unsure && (status === 404 || status === 412)) await this.#confirm(id, undefined);
    else throw this.#contradiction(id, judged, before);
  }

  async #writeBulk(): Promise<void> {
    const { history, random, name } = this.#parts;
    const size = 1 + Math.floor(random.next() * bulkSizeMax);
    const ids = [...new Set(Array.from({ length: size }, () => this.#pick()))];
    const before = ids.map((id) => history.standing(id));
    const stamps = new Map(ids.map((id) => [id, ++this.#stamp]));
    const key = `${name} ${this.#stamp}`;
    const after = [...stamps.values()].map((stamp) => ({ stamp }));
    const judged = await this.#ask(bulkRequest(key, stamps), { ids, before, after });
    if (judged === undefined) return;
    const token = this.#tokenOf(judged, ids.length);
    for (const [i, id] of ids.entries()) this.#settle(id, { stamp: stamps.get(id) }, before[i] ?? { stamp: undefined });
    this.#bulks.push({ key, stamps, token });
  }

  /** A request that was answered long ago arrives again: it must be answered alike and change nothing. */
  async #repeatBulk(): Promise<void> {
    const bulk = this.#bulks[Math.floor(this.#parts.random.next() * this.#bulks.length)];
    if (bulk === undefined) return;
    const judged = await this.#persist(bulkRequest(bulk.key, bulk.stamps));
    const token = this.#tokenOf(judged, bulk.stamps.size);
    if (token !== bulk.token) throw new Error(`the request "${bulk.key}" first gave ${bulk.token}, then ${token}`);
  }

  #tokenOf({ status, body }: Judged, documents: number): string {
    if (status !== 200 || body.accepted !== documents) {
      throw new Error(`a bulk request of ${documents} was answered ${status}: ${JSON.stringify(body)}`);
    }
    this.#parts.history.token = Math.max(this.#parts.history.token, Number(body.token));
    return String(body.token);
  }

  async #versionOf(id: string): Promise<number | undefined> {
    const known = this.#parts.history.standing(id);
    if (known.stamp === undefined) return undefined;
    const stands = await this.read(id);
    if (stands.stamp !== known.stamp || (known.version ?? stands.version) !== stands.version) {
      throw new Error(`${id} is ${JSON.stringify(stands)} where ${JSON.stringify(known)} was acknowledged`);
    }
    return stands.version;
  }

  /** Reads a document, asking until it is answered. Throws where its content is not of one piece. */
  async read(id: string): Promise<State> {
    const { status, body } = await this.#persist({ method: "GET", path: pathOf(id) });
    return stateIn(id, { status, body });
  }

  /** Sends a write until it is judged, or gives up after a lost answer; then it notes what may be. */
  async #ask(
    request: Request,
    at: { ids: string[]; before: readonly State[]; after: readonly State[] },
  ): Promise<Judged | undefined> {
    const { history, random, together } = this.#parts;
    const open = this.#ids.filter((id) => history.isOpen(id)).length;
    const mayGiveUp = open + at.ids.length < this.#ids.length / 2;
    const judged = await this.#persist(request, () => mayGiveUp && random.next() < givingUpShare);
    if (judged === "given up") history.leaveOpen(at, together);
    return judged === "given up" ? undefined : judged;
  }

  async #persist(request: Request): Promise<Judged>;
  async #persist(request: Request, givesUp: () => boolean): Promise<Judged | "given up">;
  async #persist(request: Request, givesUp = () => false): Promise<Judged | "given up"> {
    let unsure = false;
    for (;;) {
      const reply: Reply = await send(this.#parts.rootUrl(), request);
      const fate = fateOf(reply);
      if (reply.kind === "answered" && fate === "judged") return { ...reply, unsure };
      unsure ||= fate === "unknown";
      if (unsure && givesUp()) return "given up";
      await sleep(retryDelayMs);
    }
  }

  #settle(id: string, state: State, before: State): void {
    if (state.version !== undefined && before.version !== undefined && state.version < before.version) {
      throw new Error(`${id} went from version ${before.version} back to ${state.version}`);
    }
    // A delete of what is not there names no version.
    this.#parts.history.settle(id, Number.isNaN(state.version) ? { stamp: state.stamp } : state);
  }

  #contradiction(id: string, { status, body, unsure }: Judged, known: State): Error {
    const answer = `${status} ${JSON.stringify(body)}${unsure ? " to a repeated request" : ""}`;
    return new Error(`${id}: ${answer}, where ${JSON.stringify(known)} stood`);
  }
}

function pathOf(id: string): string {
  return `${documentsPath}/${encodeURIComponent(id)}`;
}

function bulkRequest(key: string, stamps: ReadonlyMap<string, number>): Request {
  const lines = [...stamps].map(([id, stamp]) => JSON.stringify(documentOf(id, stamp)));
  const headers = { "content-type": "application/x-ndjson", "idempotency-key": key };
  return { method: "POST", path: documentsPath, headers, body: lines.join("\n") };
}

/** The state that an answer to a GET shows. Throws where the document is not what its stamp says, to the letter. */
export function stateIn(id: string, { status, body }: { status: number; body: Record<string, unknown> }): State {
  if (status === 404 && body.code === "document_not_found") return { stamp: undefined };
  if (status !== 200) throw new Error(`GET ${id} was answered ${status}: ${JSON.stringify(body)}`);
  return { stamp: stampIn(id, body.document), version: Number(body.version) };
}

/** The stamp of a document that is whole. */
export function stampIn(id: string, document: unknown): number {
  const stamp = typeof document === "object" && document !== null && "stamp" in document ? Number(document.stamp) : 0;
  const whole = documentOf(id, stamp);
  const isWhole = JSON.stringify(sorted(document)) === JSON.stringify(sorted(whole));
  if (!isWhole) throw new Error(`${id} is not whole: ${JSON.stringify(document).slice(0, 300)}`);
  return stamp;
}

function sorted(document: unknown): unknown {
  if (typeof document !== "object" || document === null) return document;
  return Object.fromEntries(Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1)));
}
