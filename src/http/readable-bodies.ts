import { HedgerowError } from "../errors.ts";
import type { App } from "./app.ts";

const charsets = /;\s*charset\s*=\s*"?([^\s";]*)/gi;
const readable = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

/**
 * Refuses, as `unsupported_media_type`, bodies that would be read as something else than they are: packed ones, and those
 * in another charset than UTF-8, for all are read as that. ASCII is UTF-8 as it stands.
 */
export function requireReadableBodies(app: App): void {
  app.addHook("onRequest", ({ method, headers }, _reply, done) => {
    requireUnpacked(headers["content-encoding"]);
    // Nobody reads a body of these, and some clients name a type all the same.
    if (method !== "GET" && method !== "HEAD") requireUtf8(headers["content-type"]);
    done();
  });
}

function requireUnpacked(encoding: string | undefined): void {
  if (encoding === undefined || encoding === "" || encoding.toLowerCase() === "identity") return;
  const detail = `bodies are taken as they are, not with Content-Encoding: ${encoding}`;
  throw new HedgerowError("unsupported_media_type", detail);
}

function requireUtf8(contentType: string | undefined): void {
  if (contentType === undefined || !contentType.includes(";")) return;
  for (const [, charset = ""] of contentType.matchAll(charsets)) {
    if (readable.has(charset.toLowerCase())) continue;
    const detail = `Content-Type names the charset "${charset}", and bodies are read as UTF-8: send it in that`;
    throw new HedgerowError("unsupported_media_type", detail);
  }
}
