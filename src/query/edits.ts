let before = new Int32Array(64);
let above = new Int32Array(64);
let row = new Int32Array(64);

/**
 * How many letters must be inserted, left out, replaced or swapped with their neighbour to make one word of the other
 * (Damerau's edits in the form of optimal string alignment: no letter is edited twice); `editsMax + 1` where that is
 * more than `editsMax`. Letters are UTF-16 units; for words with others there is `editsBetweenLetters`.
 */
export function editsBetween(from: string, to: string, editsMax: number): number {
  const tooMany = editsMax + 1;
  const shortest = Math.min(from.length, to.length);
  if (Math.max(from.length, to.length) - shortest > editsMax) return tooMany;
  let start = 0;
  while (start < shortest && from.charCodeAt(start) === to.charCodeAt(start)) start++;
  let shared = 0;
  while (
    shared < shortest - start &&
    from.charCodeAt(from.length - 1 - shared) === to.charCodeAt(to.length - 1 - shared)
  )
    shared++;
  const rows = from.length - start - shared;
  const columns = to.length - start - shared;
  if (rows === 0 || columns === 0) return Math.min(tooMany, rows + columns);
  makeRoom(columns + 1);
  for (let column = 0; column <= columns; column++) row[column] = column;
  for (let i = 1; i <= rows; i++) {
    const letter = from.charCodeAt(start + i - 1);
    const letterBefore = i > 1 ? from.charCodeAt(start + i - 2) : -1;
    let otherBefore = -1;
    nextRow();
    row[0] = i;
    let least = i;
    for (let j = 1; j <= columns; j++) {
      const other = to.charCodeAt(start + j - 1);
      let edits = (above[j - 1] ?? 0) + (letter === other ? 0 : 1);
      if (edits > (above[j] ?? 0)) edits = Math.min(edits, (above[j] ?? 0) + 1);
      if (edits > (row[j - 1] ?? 0)) edits = Math.min(edits, (row[j - 1] ?? 0) + 1);
      const isSwapped = letterBefore === other && letter === otherBefore;
      if (isSwapped) edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
      row[j] = edits;
      if (edits < least) least = edits;
      otherBefore = other;
    }
    if (least > editsMax) return tooMany;
  }
  return Math.min(tooMany, row[columns] ?? 0);
}

/** The same where letters may take two UTF-16 units each, as beyond the basic plane: slower, since it respells both words. */
export function editsBetweenLetters(from: string, to: string, editsMax: number): number {
  const numbers = new Map<string, number>();
  return editsBetween(inOneUnitEach(from, numbers), inOneUnitEach(to, numbers), editsMax);
}

/** A word with the number of each letter in the letter's place. */
function inOneUnitEach(word: string, numbers: Map<string, number>): string {
  let respelt = "";
  for (const letter of word) {
    const number = numbers.get(letter) ?? numbers.size;
    numbers.set(letter, number);
    respelt += String.fromCharCode(number);
  }
  return respelt;
}

function nextRow(): void {
  const oldest = before;
  before = above;
  above = row;
  row = oldest;
}

function makeRoom(columns: number): void {
  if (row.length >= columns) return;
  [before, above, row] = [new Int32Array(columns * 2), new Int32Array(columns * 2), new Int32Array(columns * 2)];
}
