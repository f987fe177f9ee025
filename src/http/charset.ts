import { HedgerowError } from "../errors.ts";

type Headers = { "content-type"?: string | undefined };

const charsets = /;\s*charset\s*=\s*"?([^\s";]*)/gi;
const readable = new Set(["utf-8", "utf8", "us-ascii", "ascii"]);

/**
 * Throws `unsupported_media_type` for a body that says it is in another charset than UTF-8: all is read as that, so that
 * other text would be stored and searched as what it is not. ASCII is UTF-8 as it stands.
 */
export function requireUtf8({ "content-type": contentType = "" }: Headers): void {
  if (!contentType.includes(";")) return;
  for (const [, charset = ""] of contentType.matchAll(charsets)) {
    if (readable.has(charset.toLowerCase())) continue;
    const detail = `Content-Type names the charset "${charset}", and bodies are read as UTF-8: send it in that`;
    throw new HedgerowError("unsupported_media_type", detail);
  }
}
