const encoder = new TextEncoder();

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Holds one text's bytes while they are hashed: calling the encoder costs more than hashing an id. */
const scratch = new Uint8Array(256);

/** Puts a short ASCII text into the scratch; false where it is not one. */
function isScratched(text: string): boolean {
  if (text.length > scratch.length) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    scratch[i] = code;
  }
  return true;
}

function scrambled(block: number): number {
  return Math.imul(rotated(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

/**
 * MurmurHash3, x86, 32 bit (Austin Appleby 2011), of the text's UTF-8: the same number on every machine and in every
 * version, since documents are placed by it. Unsigned.
 */
export function murmur3(text: string, seed = 0): number {
  const short = isScratched(text);
  const bytes = short ? scratch : encoder.encode(text);
  const length = short ? text.length : bytes.length;
  const whole = length & ~3;
  let hash = seed;
  for (let i = 0; i < whole; i += 4) {
    const block =
      (bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24);
    hash = (Math.imul(rotated(hash ^ scrambled(block), 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = length - 1; i >= whole; i--) tail = (tail << 8) | (bytes[i] ?? 0);
  if (length > whole) hash ^= scrambled(tail);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The shard that a document belongs to, by its id alone; fixed for the life of an index. */
export function shardOf(id: string, shards: number): number {
  return Math.floor((murmur3(id) / 0x1_0000_0000) * shards);
}
