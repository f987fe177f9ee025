/**
 * What is under way where a lot is, each thing by a number that comes round only after half a thousand million others.
 *
 * It stands in for a Map because of what a Map does to the garbage collector: one that is filled and emptied thousands
 * of times a second outgrows its table again and again, V8 links each old table to its successor, and once one of them is
 * promoted all that follow live, with what they held, until a major collection. Every query was: minor collections took
 * 5 ms instead of 1, and major ones came every few seconds.
 */
export class UnderWay<Item> {
  #numbers = new Int32Array(64);
  #items: (Item | undefined)[] = new Array(64).fill(undefined);
  #last = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Takes a thing in; answers its number, at least 1 and at most `numberMax`. */
  add(item: Item): number {
    if (this.#size * 2 >= this.#items.length) this.#grow();
    do this.#last = this.#last === numberMax ? 1 : this.#last + 1;
    while (this.#items[this.#placeOf(this.#last)] !== undefined);
    this.#put(this.#last, item);
    this.#size++;
    return this.#last;
  }

  get(number: number): Item | undefined {
    const place = this.#placeOf(number);
    return this.#numbers[place] === number ? this.#items[place] : undefined;
  }

  /** Lets a thing go. False: it was not (any more) here. */
  remove(number: number): boolean {
    if (this.get(number) === undefined) return false;
    this.#items[this.#placeOf(number)] = undefined;
    this.#size--;
    return true;
  }

  /** All that is here now, in no order. */
  entries(): [number: number, item: Item][] {
    const entries: [number, Item][] = [];
    this.#items.forEach((item, place) => {
      if (item !== undefined) entries.push([this.#numbers[place] ?? 0, item]);
    });
    return entries;
  }

  /** Lets everything go; answers it, in no order. */
  drain(): [number: number, item: Item][] {
    const drained = this.entries();
    this.#items.fill(undefined);
    this.#size = 0;
    return drained;
  }

  #placeOf(number: number): number {
    return number & (this.#items.length - 1);
  }

  #put(number: number, item: Item): void {
    const place = this.#placeOf(number);
    this.#numbers[place] = number;
    this.#items[place] = item;
  }

  /** Two numbers that had places of their own in the smaller table have them in one twice as large. */
  #grow(): void {
    const [numbers, items] = [this.#numbers, this.#items];
    this.#numbers = new Int32Array(items.length * 2);
    this.#items = new Array(items.length * 2).fill(undefined);
    items.forEach((item, place) => {
      if (item !== undefined) this.#put(numbers[place] ?? 0, item);
    });
  }
}

/** What comes after it counts as a number of another kind. */
export const numberMax = 0x1fff_ffff;
