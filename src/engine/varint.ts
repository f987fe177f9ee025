/** Where reading or writing of little-endian base-128 numbers stands. */
export type VarintPlace = { bytes: Uint8Array; at: number };

/** Reads one number of up to 32 bits. */
export function readVarint(place: VarintPlace): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = place.bytes[place.at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
}

/** Writes one number of up to 32 bits; the bytes must have room for five. */
export function writeVarint(place: VarintPlace, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    place.bytes[place.at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  place.bytes[place.at++] = rest;
}

/** How many bytes `writeVarint` takes for a number. */
export function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}
