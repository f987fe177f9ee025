import { wholeSlice } from "../protocol/bytes.ts";
import type { JsonMember } from "../protocol/json-text.ts";
import type { DocumentSlice } from "../protocol/link.ts";
import { eachMember, pauseBytes } from "./member-walk.ts";
import type { Piece } from "./piece.ts";
import { readAhead } from "./read-ahead.ts";

/** What a document costs beside its bytes, in bytes. */
const documentBytes = 1024;
/** Documents that are fetched from memory side by side. */
const fetchedAtOnce = 32;

type Found = { piece: Pick<Piece, "sourceSlice">; doc: number };

/** Leaves only some fields of hits' documents, one document after the other, once the hits are known. */
export class ProjectionWork {
  readonly #returned: readonly string[];
  readonly #projected: DocumentSlice[] = [];
  #work: Generator<void, void> | undefined;
  done = false;

  constructor(returned: readonly string[]) {
    this.#returned = returned;
  }

  /** Does well less than a millisecond's work on the hits, always the same ones. */
  advance(hits: readonly Found[]): void {
    this.#work ??= this.#run(hits);
    this.done = this.#work.next().done === true;
  }

  /** The documents of the first hits, as many as have had their turn. */
  get projected(): DocumentSlice[] {
    return this.#projected;
  }

  *#run(hits: readonly Found[]): Generator<void, void> {
    let unpausedBytes = 0;
    for (let from = 0; from < hits.length; from += fetchedAtOnce) {
      const sources = hits.slice(from, from + fetchedAtOnce).map(({ piece, doc }) => piece.sourceSlice(doc));
      readAhead(sources);
      for (const source of sources) {
        this.#projected.push(yield* project(source, this.#returned));
        unpausedBytes += documentBytes + ((source.end - source.start) % pauseBytes);
        if (unpausedBytes < pauseBytes) continue;
        unpausedBytes = 0;
        yield;
      }
    }
  }
}

/**
 * A document's JSON with only the fields named, each as it stands there, in the document's order. Of a field that stands
 * there twice the last counts, as everywhere. Pauses (yields) as `eachMember` does.
 */
export function* project(source: DocumentSlice, returned: readonly string[]): Generator<void, DocumentSlice> {
  const bytes = source.bytes.subarray(source.start, source.end);
  const kept = new Map<string, JsonMember>();
  yield* eachMember(bytes, (member) => {
    const name: unknown = JSON.parse(bytes.toString("utf8", member.name.start, member.name.end));
    if (typeof name === "string" && returned.includes(name)) kept.set(name, member);
  });
  const parts = [...kept.values()].flatMap(({ name, value }, i) => [
    i === 0 ? opening : comma,
    bytes.subarray(name.start, name.end),
    colon,
    bytes.subarray(value.start, value.end),
  ]);
  return wholeSlice(Buffer.concat(parts.length === 0 ? [opening, closing] : [...parts, closing]));
}

const opening = Buffer.from("{");
const closing = Buffer.from("}");
const comma = Buffer.from(",");
const colon = Buffer.from(":");
