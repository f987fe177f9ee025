const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A document's JSON with only the fields named, in the document's order; all of it where none are named. */
export function project(source: Uint8Array, returned: readonly string[] | undefined): Uint8Array {
  if (returned === undefined) return source;
  const document: Record<string, unknown> = JSON.parse(decoder.decode(source));
  const kept = Object.entries(document).filter(([name]) => returned.includes(name));
  return encoder.encode(JSON.stringify(Object.fromEntries(kept)));
}
