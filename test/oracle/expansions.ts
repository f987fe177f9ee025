import { plainEdits } from "../query/plain-edits.ts";
import type { FullText } from "./full-text.ts";

/** What a prefix stands for, by looking at every word there is; `isCut`: not for all that it begins. */
export function prefixTerms(
  fullText: FullText,
  prefix: { folded: string; term: string },
  termsMax: number,
): { terms: string[]; isCut: boolean } {
  const terms = new Set<string>();
  for (const [word, term] of fullText.words) if (word.startsWith(prefix.folded)) terms.add(term);
  const ranked = [...terms].sort(byFrequency(fullText));
  const first = fullText.frequency(prefix.term) > 0 ? [prefix.term] : [];
  const all = [...new Set([...first, ...ranked])];
  return { terms: all.slice(0, termsMax), isCut: all.length > termsMax };
}

/** What a misspelt word was taken for, by comparing it with every word there is. */
export function nearWords(fullText: FullText, misspelt: string): string[] {
  const letters = [...misspelt].length;
  const most = letters <= 3 ? 0 : letters <= 7 ? 1 : 2;
  const near: { word: string; edits: number; frequency: number }[] = [];
  for (const [word, term] of fullText.words) {
    if (Math.abs(word.length - misspelt.length) > most || lettersApart(word, misspelt) > 2 * most) continue;
    const edits = plainEdits(misspelt, word);
    if (edits <= most) near.push({ word, edits, frequency: fullText.frequency(term) });
  }
  near.sort((a, b) => a.edits - b.edits || b.frequency - a.frequency || (a.word < b.word ? -1 : 1));
  return near.slice(0, 8).map(({ word }) => word);
}

/** Letters that only one of two words holds: an edit changes that by two at most. */
function lettersApart(left: string, right: string): number {
  let apart = 0;
  let rest = right;
  for (const letter of left) {
    const shorter = rest.replace(letter, "");
    if (shorter.length === rest.length) apart++;
    rest = shorter;
  }
  return apart + rest.length;
}

function byFrequency(fullText: FullText): (a: string, b: string) => number {
  return (a, b) => fullText.frequency(b) - fullText.frequency(a) || (a < b ? -1 : 1);
}
