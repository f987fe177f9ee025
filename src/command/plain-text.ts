/**
 * Text of others as one line for a terminal: without control characters, which could move the cursor or worse, white
 * space run together, and cut to `lengthMax` characters.
 */
export function plain(text: string, lengthMax: number): string {
  const line = text
    .replace(/(?:(?!\u200d)[\p{Cc}\p{Cf}\u2028\u2029])+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const characters = [...line];
  return characters.length <= lengthMax ? line : `${characters.slice(0, lengthMax - 1).join("")}…`;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };

/** A highlighted fragment without HTML: matches stand between asterisks, escaped characters as themselves. */
export function fromHighlight(fragment: string): string {
  return fragment
    .replace(/<\/?mark>/g, "*")
    .replace(/&(amp|lt|gt|quot|#39|#x27);/g, (whole, name: string) => entities[name] ?? whole);
}
