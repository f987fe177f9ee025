/** Letters that no decomposition takes apart and that people type in another way. */
const spelled: Record<string, string> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ı: "i",
  ς: "σ",
};

const asciiOnly = /^[\0-\x7f]*$/;
const spelledLetters = new RegExp(`[${Object.keys(spelled).join("")}]`, "gu");

/** Accents as combining marks, but not the breve that makes й a letter of its own, and no vowel or voicing signs. */
const accents = /(?<!и(?=\u0306))[\u0300-\u036f]/gu;
/** What nobody sees or types: marks of direction, joiners, selectors. Not the tags that tell Scotland's flag from Wales's. */
const invisible = /[\p{Default_Ignorable_Code_Point}--[\u{e0020}-\u{e007f}]]/gv;

/**
 * The form in which words are compared: NFKC, lower case, without accents and invisible characters, typographic
 * apostrophes made plain.
 * Folding twice changes nothing.
 */
export function fold(word: string): string {
  if (asciiOnly.test(word)) return word.toLowerCase();
  const lower = word.normalize("NFKC").toLowerCase().normalize("NFKD");
  return lower
    .replace(invisible, "")
    .replace(accents, "")
    .replace(/[‘’＇]/gu, "'")
    .replace(spelledLetters, (letter) => spelled[letter] ?? letter)
    .normalize("NFKC");
}
