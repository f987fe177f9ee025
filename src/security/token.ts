import { hash, randomBytes, timingSafeEqual } from "node:crypto";

const prefix = "hr";
const idBytes = 6;
const secretBytes = 32;

/** A new key's parts: what its holder sends, and what is kept to recognise it by. */
export type NewToken = { token: string; id: string; sha256: string };

/**
 * Draws a token: `hr_<id>_<secret>`. The id finds the key and is no secret; the secret is 256 random bits. That is why
 * one round of SHA-256 keeps it: slow, salted hashes are for passwords, which people choose and others guess. Nobody
 * tries 2^256 secrets at any speed, and the check is on every request's way.
 */
export function newToken(): NewToken {
  const id = randomBytes(idBytes).toString("hex");
  const token = `${prefix}_${id}_${randomBytes(secretBytes).toString("base64url")}`;
  return { token, id, sha256: tokenHash(token) };
}

/** What is kept of a token: the SHA-256 of all of it, in hexadecimal digits. */
export function tokenHash(token: string): string {
  return hash("sha256", token, "hex");
}

/** The id in a token; undefined where the text is none. */
export function tokenId(token: string): string | undefined {
  const end = prefix.length + 1 + 2 * idBytes;
  const isOne = token.length > end && token.length <= 256 && token.startsWith(`${prefix}_`) && token[end] === "_";
  return isOne ? token.slice(prefix.length + 1, end) : undefined;
}

/** Whether a token has this hash, in a time that does not tell how much of it is right. */
export function hasHash(token: string, sha256: Uint8Array): boolean {
  const given = hash("sha256", token, "buffer");
  return given.length === sha256.length && timingSafeEqual(given, sha256);
}
