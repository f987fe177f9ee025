/** Where an index is, as a request's path. Throws as `pathPart` does. */
export function indexPath(index: string): string {
  return `/v1/indexes/${pathPart(index, "the name of an index")}`;
}

/** Where a document is. Throws as `pathPart` does. */
export function documentPath(index: string, id: string): string {
  return `${indexPath(index)}/documents/${pathPart(id, "the id of a document")}`;
}

/**
 * One part of a path. Throws a `RangeError`, or a `TypeError` where it is no string, for what would name another path:
 * nothing, and the dots that mean this one and the one above, which `fetch` resolves however they are written. What was
 * to delete a document would else drop its index.
 */
function pathPart(text: unknown, what: string): string {
  if (typeof text !== "string") throw new TypeError(`${what} must be a string, not ${typeof text}`);
  if (text === "" || text === "." || text === "..") throw new RangeError(`${what} cannot be "${text}"`);
  if (!text.isWellFormed()) throw new RangeError(`${what} cannot hold half of a character`);
  return encodeURIComponent(text);
}
