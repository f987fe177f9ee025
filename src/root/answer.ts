import type { MergedHit } from "./merge.ts";
import { isOneObject } from "./reply-check.ts";

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
  const heads = hits.map(hitHead);
  const start = `{"index":${JSON.stringify(index)},"hits":[`;
  const tail = JSON.stringify(rest);
  let sizeBytes = (start.length + tail.length) * 3 + 2;
  hits.forEach(({ source }, i) => {
    sizeBytes += (heads[i]?.length ?? 0) * 3 + source.length + documentKey.length + 2;
  });
  const buffer = Buffer.allocUnsafe(sizeBytes);
  let at = buffer.write(start, 0);
  hits.forEach(({ source }, i) => {
    if (i > 0) at += buffer.write(",", at);
    at += buffer.write(heads[i] ?? "", at);
    // What could end its own place in the answer is left out: a leaf that was taken over must not add hits to it.
    if (source.length > 0 && isOneObject(source)) {
      at += buffer.write(documentKey, at);
      buffer.set(source, at);
      at += source.length;
    }
    at += buffer.write("}", at);
  });
  at += buffer.write("]", at);
  at += tail === "{}" ? buffer.write("}", at) : buffer.write(`,${tail.slice(1)}`, at);
  return buffer.subarray(0, at);
}

/** An answer with more members at its end, which it must not have yet. */
export function extendAnswer(body: Uint8Array, rest: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.concat([body.subarray(0, -1), Buffer.from(`,${JSON.stringify(rest).slice(1)}`)]);
}

const documentKey = ',"document":';

/** The hit's JSON without its closing brace; most hits have an id and a score alone. */
function hitHead({ hit, settled }: WrittenHit): string {
  if (Object.keys(hit).length > 2) return JSON.stringify({ ...hit, settled }).slice(0, -1);
  return `{"id":${JSON.stringify(hit.id)},"score":${hit.score},"settled":${settled}`;
}
