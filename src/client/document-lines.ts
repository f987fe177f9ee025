import type { DocumentBody } from "./answer-types.ts";

const chunkChars = 64 * 1024;
const encoder = new TextEncoder();

type Documents = Iterable<DocumentBody> | AsyncIterable<DocumentBody>;

/**
 * Documents as newline-delimited JSON, in chunks; each is made only when it is asked for. What is to let go lets go of the
 * documents at once, also while it waits for one: what a generator is asked meanwhile, it hears only after that.
 */
export function linesOf(documents: Documents): AsyncIterable<Uint8Array> {
  if (!(Symbol.asyncIterator in documents)) return encoded(documents);
  const iterator = documents[Symbol.asyncIterator]();
  const lines = encoded({ [Symbol.asyncIterator]: () => iterator });
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => lines.next(),
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}

async function* encoded(documents: Documents): AsyncGenerator<Uint8Array, void> {
  let lines = "";
  for await (const document of documents) {
    lines += `${JSON.stringify(document)}\n`;
    if (lines.length < chunkChars) continue;
    yield encoder.encode(lines);
    lines = "";
  }
  if (lines !== "") yield encoder.encode(lines);
}
