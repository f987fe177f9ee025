import type { Random } from "../src/time.ts";

const letters = "abcdefghijklmnopqrstuvwxyz";

/** The word with one slip of the finger: a letter left out, doubled by another, replaced, or swapped with the next. */
export function misspell(word: string, random: Random): string {
  const kinds = [leaveOut, insert, replace, swap];
  const slip = kinds[Math.floor(random.next() * kinds.length)] ?? swap;
  // The first letter is hardly ever the wrong one.
  const at = 1 + Math.floor(random.next() * (word.length - 2));
  return slip(word, at, otherLetter(word[at] ?? "", random));
}

/** Shorter words are hardly ever mistyped, and hardly ever guessed right. */
export const misspellableLengthMin = 4;

type Slip = (word: string, at: number, letter: string) => string;

const leaveOut: Slip = (word, at) => word.slice(0, at) + word.slice(at + 1);
const insert: Slip = (word, at, letter) => word.slice(0, at) + letter + word.slice(at);
const replace: Slip = (word, at, letter) => word.slice(0, at) + letter + word.slice(at + 1);
const swap: Slip = (word, at, letter) => {
  const [left = "", right = ""] = word.slice(at, at + 2);
  return left === right ? replace(word, at, letter) : word.slice(0, at) + right + left + word.slice(at + 2);
};

function otherLetter(letter: string, random: Random): string {
  const others = letters.replace(letter, "");
  return others[Math.floor(random.next() * others.length)] ?? "e";
}
