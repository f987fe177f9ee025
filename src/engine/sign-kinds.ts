/** What a UTF-16 unit is to those who look for words; `other` makes none and joins none. */
export const other = 0;
export const letter = 1;
export const digit = 2;
export const underscore = 3;
/** Joins letters to letters and digits to digits. */
export const joinsBoth = 4;
/** Joins digits to digits. */
export const joinsDigits = 5;
/** Joins letters to letters. */
export const joinsLetters = 6;
/** What the table does not know: only Unicode's own rules may judge it. All below may stand in one piece of text. */
export const foreign = 7;
export const space = 8;
/** A sign of the scripts without spaces; the marks that may follow it are foreign. */
export const ideograph = 9;

const ranges: readonly (readonly [kind: number, from: number, to: number])[] = [
  [space, 0x00, 0x20],
  [other, 0x21, 0x7f],
  [digit, 0x30, 0x39],
  [letter, 0x41, 0x5a],
  [letter, 0x61, 0x7a],
  [letter, 0xc0, 0x24f],
  [letter, 0x391, 0x3a1],
  [letter, 0x3a3, 0x3ff],
  [letter, 0x400, 0x481],
  [letter, 0x48a, 0x52f],
  [other, 0x3000, 0x3003],
  [ideograph, 0x3005, 0x3005],
  [ideograph, 0x3007, 0x3007],
  [other, 0x3008, 0x3020],
  [ideograph, 0x3041, 0x3096],
  [ideograph, 0x309d, 0x309f],
  [ideograph, 0x30a1, 0x30fa],
  [other, 0x30fb, 0x30fb],
  [ideograph, 0x30fc, 0x30ff],
  [ideograph, 0x3400, 0x4dbf],
  [ideograph, 0x4e00, 0x9fff],
  [other, 0xff01, 0xff0f],
  [digit, 0xff10, 0xff19],
  [other, 0xff1c, 0xff20],
  [letter, 0xff21, 0xff3a],
  [other, 0xff3b, 0xff3d],
  [letter, 0xff41, 0xff5a],
  [other, 0xff5b, 0xff65],
  [ideograph, 0xff66, 0xff9d],
];

const signs: readonly (readonly [kind: number, signs: string])[] = [
  [other, "×÷϶–—“”…«»•°※→"],
  [underscore, "_＿"],
  [joinsBoth, ".'‘’．＇"],
  [joinsDigits, ",;，；"],
  [joinsLetters, "："],
];

const kinds = kindTable();

function kindTable(): Uint8Array {
  const table = new Uint8Array(0x1_0000).fill(foreign);
  for (const [kind, from, to] of ranges) table.fill(kind, from, to + 1);
  for (const [kind, some] of signs) for (const sign of some) table[sign.charCodeAt(0)] = kind;
  return table;
}

/** The kind of the unit at a place in a text; behind its end there is space. */
export function kindAt(text: string, at: number): number {
  return at < text.length ? (kinds[text.charCodeAt(at)] ?? foreign) : space;
}
