/**
 * A value of plain objects, lists, numbers, strings and typed arrays as bytes, laid out so that reading it back copies
 * nothing: the arrays become views of the bytes. Layout, little-endian: u32 length of the head, the head as JSON
 * (arrays stand there as their place), then the arrays, each at a multiple of eight bytes.
 */

const alignmentBytes = 8;

const kinds = { Uint8Array, Uint16Array, Uint32Array, Int32Array, Float64Array } as const;

type Kind = keyof typeof kinds;
export type PackableArray = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** How the head names an array: its kind, where it begins behind the head, and how many elements it has. */
type ArrayPlace = { array: Kind; at: number; length: number };

/** The value's bytes as parts to be written one after the other; arrays are not copied. */
export function packArrays(value: unknown): Uint8Array[] {
  const arrays: PackableArray[] = [];
  let at = 0;
  const placed = JSON.stringify(value, (_key, part: unknown) => {
    if (!ArrayBuffer.isView(part)) return part;
    const kind = kindOf(part);
    if (kind === undefined || !isPackable(part)) throw new TypeError("an array of this type cannot be packed");
    arrays.push(part);
    const place: ArrayPlace = { array: kind, at, length: part.length };
    at = aligned(at + part.byteLength);
    return place;
  });
  const head = new TextEncoder().encode(placed);
  const start = new Uint8Array(aligned(4 + head.length));
  new DataView(start.buffer).setUint32(0, head.length, true);
  start.set(head, 4);
  const parts: Uint8Array[] = [start];
  for (const array of arrays) {
    parts.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    const gap = aligned(array.byteLength) - array.byteLength;
    if (gap > 0) parts.push(new Uint8Array(gap));
  }
  return parts;
}

/** The inverse; arrays are views of `bytes`, which must begin at a multiple of eight. Throws a RangeError or SyntaxError. */
export function unpackArrays(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headEnd = 4 + view.getUint32(0, true);
  if (headEnd > bytes.length) throw new RangeError("the head is longer than the file");
  // Text is not decoded out of shared memory.
  const head = Buffer.from(bytes.subarray(4, headEnd)).toString();
  const base = bytes.byteOffset + aligned(headEnd);
  return withArrays(JSON.parse(head), { buffer: bytes.buffer, base });
}

/** Puts the arrays where their places stand. By hand: JSON's own reviver is called for every number, and takes ten times as long. */
function withArrays(part: unknown, from: { buffer: ArrayBufferLike; base: number }): unknown {
  if (typeof part !== "object" || part === null) return part;
  if (isPlace(part)) return viewOf(part, from);
  for (const [key, inner] of Object.entries(part)) {
    if (typeof inner === "object") Reflect.set(part, key, withArrays(inner, from));
  }
  return part;
}

function viewOf(
  { array, at, length }: ArrayPlace,
  { buffer, base }: { buffer: ArrayBufferLike; base: number },
): PackableArray {
  switch (array) {
    case "Uint8Array":
      return new Uint8Array(buffer, base + at, length);
    case "Uint16Array":
      return new Uint16Array(buffer, base + at, length);
    case "Uint32Array":
      return new Uint32Array(buffer, base + at, length);
    case "Int32Array":
      return new Int32Array(buffer, base + at, length);
    case "Float64Array":
      return new Float64Array(buffer, base + at, length);
  }
}

function aligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / alignmentBytes) * alignmentBytes;
}

function isKind(name: string): name is Kind {
  return Object.hasOwn(kinds, name);
}

function kindOf(array: ArrayBufferView): Kind | undefined {
  const { name } = array.constructor;
  return isKind(name) ? name : undefined;
}

function isPackable(value: unknown): value is PackableArray {
  return ArrayBuffer.isView(value) && kindOf(value) !== undefined;
}

function isPlace(value: unknown): value is ArrayPlace {
  return (
    typeof value === "object" &&
    value !== null &&
    "array" in value &&
    typeof value.array === "string" &&
    isKind(value.array) &&
    "at" in value &&
    "length" in value
  );
}
