import type { MergedHit } from "./merge.ts";
import { isOneObject } from "./one-object.ts";

/** A hit as it is written; `hit` becomes its JSON as it stands. */
export type WrittenHit = { hit: { id: string; score: number } } & Pick<MergedHit, "source" | "settled">;

/**
 * A search's answer as bytes. The documents are spliced in as the raw JSON that the leaves sent: the root never parses
 * them. `rest` is everything of the answer but `index` and `hits`.
 */
export function writeAnswer(
  index: string,
  hits: readonly WrittenHit[],
  rest: Readonly<Record<string, unknown>>,
): Buffer {
  const tail = JSON.stringify(rest);
  const pieces: (string | Uint8Array)[] = [];
  let text = `{"index":${JSON.stringify(index)},"hits":[`;
  let sizeBytes = 0;
  let next = "";
  for (const hit of hits) {
    text += next + hitHead(hit);
    next = "},";
    // What could end its own place in the answer is left out: a leaf that was taken over must not add hits to it.
    if (hit.source.length === 0 || !isOneObject(hit.source)) continue;
    text += documentKey;
    pieces.push(text, hit.source);
    sizeBytes += text.length * 3 + hit.source.length;
    text = "";
  }
  text += `${hits.length === 0 ? "" : "}"}]${tail === "{}" ? "}" : `,${tail.slice(1)}`}`;
  pieces.push(text);
  return joined(pieces, sizeBytes + text.length * 3);
}

/** Texts and bytes one after the other, which take `sizeBytesMax` bytes at most. Every text is a call into the runtime. */
function joined(pieces: readonly (string | Uint8Array)[], sizeBytesMax: number): Buffer {
  const buffer = Buffer.allocUnsafe(sizeBytesMax);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") at += buffer.write(piece, at);
    else {
      buffer.set(piece, at);
      at += piece.length;
    }
  }
  return buffer.subarray(0, at);
}

/** An answer with more members at its end, which it must not have yet. */
export function extendAnswer(body: Uint8Array, rest: Readonly<Record<string, unknown>>): Buffer {
  const text = `,${JSON.stringify(rest).slice(1)}`;
  return joined([body.subarray(0, -1), text], body.length + text.length * 3);
}

const documentKey = ',"document":';

/** The hit's JSON without its closing brace; most hits have an id and a score alone. */
function hitHead({ hit, settled }: WrittenHit): string {
  if (Object.keys(hit).length > 2) return JSON.stringify({ ...hit, settled }).slice(0, -1);
  return `{"id":${JSON.stringify(hit.id)},"score":${hit.score},"settled":${settled}`;
}
