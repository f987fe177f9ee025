/**
 * A judged query as plain words: quotation marks, colons and stars go, and so do the signs before a word, since a
 * search would take them for operators. Signs inside and after a word (`IL-10`, `C++`) are its own and stay.
 */
export function plainQuery(text: string): string {
  return text
    .replaceAll(/["*:\s]+/g, " ")
    .split(" ")
    .map(withoutSigns)
    .filter((word) => word !== "")
    .join(" ");
}

function withoutSigns(word: string): string {
  let start = 0;
  while (word[start] === "+" || word[start] === "-") start++;
  return word.slice(start);
}
