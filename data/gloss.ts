/** A gloss taken apart: the definition, and the quoted sentences that show the word in use. */
export type Gloss = { body: string; examples: string[] };

/**
 * Splits a WordNet gloss at the semicolons outside quotation marks. A part that opens with a quotation mark is an
 * example, and so is a quotation that ends a part after a colon; all else belongs to the definition.
 */
export function readGloss(gloss: string): Gloss {
  const definition: string[] = [];
  const examples: string[] = [];
  for (const part of splitOutsideQuotes(gloss)) {
    const colon = part.endsWith('"') ? part.indexOf(': "') : -1;
    const example = part.startsWith('"') ? part : colon === -1 ? "" : part.slice(colon + 2);
    const defined = part.slice(0, part.length - example.length).replace(/:\s*$/, "");
    if (defined !== "") definition.push(defined);
    if (example.length > 2) examples.push(unquoted(example));
  }
  return { body: definition.join("; "), examples };
}

function splitOutsideQuotes(gloss: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let inQuotes = false;
  for (let i = 0; i <= gloss.length; i++) {
    if (gloss[i] === '"') inQuotes = !inQuotes;
    const isEnd = i === gloss.length || (gloss[i] === ";" && !inQuotes);
    if (!isEnd) continue;
    const part = gloss.slice(start, i).trim();
    if (part !== "") parts.push(part);
    start = i + 1;
  }
  return parts;
}

/** Without its quotation marks where they enclose all of it; an attribution after the closing one keeps both. */
function unquoted(example: string): string {
  const end = example.indexOf('"', 1);
  if (end === -1) return example.slice(1).trim();
  return end === example.length - 1 ? example.slice(1, end).trim() : example;
}
