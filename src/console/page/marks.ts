/** A stretch of text, and whether it matched. */
export type Stretch = { text: string; isMarked: boolean };

const entities: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&#x27;": "'",
  "&amp;": "&",
};

/**
 * A highlighted fragment (escaped HTML whose only element is `mark`) as stretches of plain text, so that nothing a
 * document holds is ever read as markup.
 */
export function stretchesOf(fragment: string): Stretch[] {
  const stretches: Stretch[] = [];
  let isMarked = false;
  for (const piece of fragment.split(/(<\/?mark>)/)) {
    if (piece === "<mark>") isMarked = true;
    else if (piece === "</mark>") isMarked = false;
    else if (piece !== "") stretches.push({ text: plain(piece), isMarked });
  }
  return stretches;
}

function plain(escaped: string): string {
  return escaped.replaceAll(/&(?:lt|gt|quot|amp|#39|#x27);/g, (entity) => entities[entity] ?? entity);
}
