import { isRecord } from "../../src/protocol/record.ts";
import { type Random, sleep } from "../../src/time.ts";
import { crashIndex } from "./document.ts";
import { fateOf, send } from "./request.ts";

const retryDelayMs = 40;

/** What became of an entry that some writer wished to add. */
type Wish = "made" | "conflict" | "open";

/**
 * A document that several writers change at the same time, each adding an entry on the version that it has read: no
 * acknowledged entry may ever be lost or be there twice, nor one that was refused be there at all.
 */
export class Ledger {
  readonly id: string;
  readonly #path: string;
  readonly #wishes = new Map<string, Wish>();

  constructor(name: string) {
    this.id = `ledger/${name}`;
    this.#path = `/v1/indexes/${crashIndex}/documents/${encodeURIComponent(this.id)}`;
  }

  get made(): number {
    return [...this.#wishes.values()].filter((wish) => wish === "made").length;
  }

  /** Adds entries, one attempt each, until it is enough. */
  async writeUntil(
    enough: () => boolean,
    { writer, rootUrl, random }: { writer: string; rootUrl: () => string; random: Random },
  ): Promise<void> {
    for (let place = 0; !enough(); place++) {
      const { entries, condition } = await this.#read(rootUrl);
      const entry = `${writer}:${place}`;
      const body = JSON.stringify({ title: "ledger", entries: [...entries, entry] });
      const headers = { "content-type": "application/json", ...condition };
      this.#wishes.set(entry, "open");
      const reply = await send(rootUrl(), { method: "PUT", path: this.#path, headers, body });
      const fate = fateOf(reply);
      if (fate === "refused") this.#wishes.set(entry, "conflict");
      if (fate === "judged" && reply.kind === "answered") this.#wishes.set(entry, wishOf(reply.status));
      await sleep(random.next() * retryDelayMs);
    }
  }

  /** What is wrong with the entries that stand. */
  async judge(rootUrl: () => string): Promise<string[]> {
    const { entries } = await this.#read(rootUrl);
    const wrongs: string[] = [];
    if (new Set(entries).size !== entries.length) wrongs.push(`${this.id} holds an entry twice`);
    for (const entry of entries) {
      const wish = this.#wishes.get(entry);
      if (wish !== "made" && wish !== "open") wrongs.push(`${this.id} holds ${entry}, which was ${wish}`);
    }
    for (const [entry, wish] of this.#wishes) {
      const stands = entries.includes(entry);
      if (wish === "made" && !stands) wrongs.push(`${this.id} has lost ${entry}`);
      // Nobody sends it any more: it is there or it never will be.
      if (wish === "open") this.#wishes.set(entry, stands ? "made" : "conflict");
    }
    return wrongs;
  }

  async #read(rootUrl: () => string): Promise<{ entries: string[]; condition: Record<string, string> }> {
    for (;;) {
      const reply = await send(rootUrl(), { method: "GET", path: this.#path });
      if (reply.kind === "answered" && reply.status === 404 && reply.body.code === "document_not_found") {
        return { entries: [], condition: { "if-none-match": "*" } };
      }
      if (reply.kind === "answered" && reply.status === 200) {
        const { document, version } = reply.body;
        const entries: unknown = isRecord(document) ? document.entries : undefined;
        if (!Array.isArray(entries)) throw new Error(`${this.id} is not whole: ${JSON.stringify(document)}`);
        return { entries: entries.map(String), condition: { "if-match": `"${String(version)}"` } };
      }
      if (reply.kind === "answered" && fateOf(reply) === "judged") {
        throw new Error(`GET ${this.id} was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      }
      await sleep(retryDelayMs);
    }
  }
}

function wishOf(status: number): Wish {
  if (status === 412) return "conflict";
  if (status === 200 || status === 201) return "made";
  throw new Error(`a ledger's write was answered ${status}`);
}
