import type { DocumentBody } from "./answer-types.ts";

const chunkChars = 64 * 1024;
const encoder = new TextEncoder();

/** Documents as newline-delimited JSON, in chunks; each is made only when it is asked for. */
export async function* linesOf(
  documents: Iterable<DocumentBody> | AsyncIterable<DocumentBody>,
): AsyncGenerator<Uint8Array, void> {
  let lines = "";
  for await (const document of documents) {
    lines += `${JSON.stringify(document)}\n`;
    if (lines.length < chunkChars) continue;
    yield encoder.encode(lines);
    lines = "";
  }
  if (lines !== "") yield encoder.encode(lines);
}
