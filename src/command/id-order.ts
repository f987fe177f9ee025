import { parseJson } from "../protocol/json-text.ts";
import { asRecord, asText } from "./answers.ts";

type Sending = { ids: ReadonlySet<string>; sent: Promise<unknown> };

/** How most lines begin: then the id is read without the rest. */
const opening = '{"id":"';

/**
 * Lets batches of documents be sent side by side, but those that share an id one after the other, in the order in which
 * they were handed in: one that is tried again would else replace what a later one brought. Remembers no ids but those of
 * batches on their way or waiting.
 */
export class IdOrder {
  readonly #underway = new Set<Sending>();

  /** Runs `send` once every batch handed in before that shares an id with `bytes` is in; rejects as the first that fails. */
  async run<T>(bytes: Uint8Array, send: () => Promise<T>): Promise<T> {
    const ids = idsOf(bytes);
    const earlier = [...this.#underway].filter((other) => shareOne(other.ids, ids)).map((other) => other.sent);
    const sent = earlier.length === 0 ? send() : Promise.all(earlier).then(send);
    const sending = { ids, sent };
    this.#underway.add(sending);
    try {
      return await sent;
    } finally {
      this.#underway.delete(sending);
    }
  }
}

/** The ids that can be read; the service turns away a line without one. */
export function idsOf(bytes: Uint8Array): Set<string> {
  // Passes over a byte order mark, as the service does.
  const text = new TextDecoder().decode(bytes);
  const ids = new Set<string>();
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf("\n", start);
    const end = found === -1 ? text.length : found;
    const id = openingId(text, start, end) ?? parsedId(text.slice(start, end));
    if (id !== undefined) ids.add(id);
    start = end + 1;
  }
  return ids;
}

/** The id of a line that begins with it, read without the rest. */
function openingId(text: string, start: number, end: number): string | undefined {
  if (!text.startsWith(opening, start)) return undefined;
  const idStart = start + opening.length;
  const idEnd = text.indexOf('"', idStart);
  if (idEnd === -1 || idEnd > end) return undefined;
  const id = text.slice(idStart, idEnd);
  return id.includes("\\") ? undefined : id;
}

function parsedId(line: string): string | undefined {
  return asText(asRecord(parseJson(line)).id);
}

function shareOne(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  const [few, many] = some.size < others.size ? [some, others] : [others, some];
  for (const id of few) if (many.has(id)) return true;
  return false;
}
