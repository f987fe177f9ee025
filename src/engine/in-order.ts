/** As few are sorted by hand. */
const fewMax = 32;
/** What is done between two pauses: some 0.1 ms. */
const sortedAtOnce = 128;
const mergedAtOnce = 512;

type Compare<Item> = (a: Item, b: Item) => number;

/** Sorts what is short, as it nearly always is, where it stands: the runtime calls back for every comparison. */
export function sortedFew<Item>(items: Item[], compare: Compare<Item>): Item[] {
  if (items.length > fewMax) return items.sort(compare);
  for (let from = 1; from < items.length; from++) {
    const item = items[from];
    if (item === undefined) continue;
    let at = from;
    for (let before = items[at - 1]; before !== undefined && compare(before, item) > 0; before = items[at - 1]) {
      items[at--] = before;
    }
    items[at] = item;
  }
  return items;
}

/** Sorts what may be long; pauses (yields) well within every millisecond. */
export function* inOrder<Item>(items: readonly Item[], compare: Compare<Item>): Generator<void, readonly Item[]> {
  let runs: (readonly Item[])[] = [];
  for (let from = 0; from < items.length; from += sortedAtOnce) {
    runs.push(items.slice(from, from + sortedAtOnce).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly Item[])[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(yield* firstOf(runs[i] ?? [], runs[i + 1] ?? [], { compare, top: items.length }));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** The first `top` of two lists that are in order; pauses as `inOrder` does. */
export function* firstOf<Item>(
  a: readonly Item[],
  b: readonly Item[],
  { compare, top }: { compare: Compare<Item>; top: number },
): Generator<void, readonly Item[]> {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const merged: Item[] = [];
  let [fromA, fromB] = [0, 0];
  while (merged.length < top) {
    const [ofA, ofB] = [a[fromA], b[fromB]];
    if (ofA !== undefined && (ofB === undefined || compare(ofA, ofB) <= 0)) {
      merged.push(ofA);
      fromA++;
    } else if (ofB !== undefined) {
      merged.push(ofB);
      fromB++;
    } else {
      break;
    }
    if (merged.length % mergedAtOnce === 0) yield;
  }
  return merged;
}
