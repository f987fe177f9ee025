/**
 * Whether a text is the address of a server and of nothing on it: links are made to no path, and what a query or a user
 * would mean to them nobody knows.
 */
export function isServerAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") && url.href === `${url.origin}/`;
}
