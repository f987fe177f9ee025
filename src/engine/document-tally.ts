import type { Word } from "./analyzer.ts";
import type { AnalyzedDocument } from "./document.ts";
import { fieldKey } from "./field-key.ts";
import { grown } from "./grown.ts";
import { itemGap, TokenOrderBuilder } from "./token-order.ts";

/** Where each number was last seen, without anything to clear between one document and the next. */
class LastSeen {
  #documents = new Uint32Array(1024);
  #places = new Uint32Array(1024);

  /** Where the document has the number, or -1. */
  placeIn(document: number, number: number): number {
    return this.#documents[number] === document ? (this.#places[number] ?? 0) : -1;
  }

  put(document: number, number: number, place: number): void {
    if (number >= this.#documents.length) {
      this.#documents = grown(this.#documents, number + 1);
      this.#places = grown(this.#places, number + 1);
    }
    this.#documents[number] = document;
    this.#places[number] = place;
  }
}

/** A field's keys, each made once, by the numbers of their terms; "" for the others. */
class FieldKeys {
  readonly seen = new LastSeen();
  readonly #field: number;
  readonly #keys: string[] = [];

  constructor(field: number) {
    this.#field = field;
  }

  keyOf({ term, termNumber }: Word): string {
    // An array with wide gaps would be kept as a hash table.
    while (this.#keys.length <= termNumber) this.#keys.push("");
    const known = this.#keys[termNumber];
    if (known !== undefined && known !== "") return known;
    const key = fieldKey(this.#field, term);
    this.#keys[termNumber] = key;
    return key;
  }
}

/** What a document's text amounts to. */
type Tallied = Pick<AnalyzedDocument, "keys" | "frequencies" | "words" | "wordKeys" | "order">;

/** Counts a document's terms by the numbers that an analyzer gives them; good for as long as it forgets none. */
export class DocumentTally {
  readonly #fields: FieldKeys[];
  readonly #seenWords = new LastSeen();
  readonly #order = new TokenOrderBuilder();
  #document = 0;
  #keys: string[] = [];
  #frequencies: number[] = [];
  #words: string[] = [];
  #wordKeys: number[] = [];
  #field = 0;
  #length = 0;
  #lastPosition = -1;

  constructor(fields: number) {
    this.#fields = Array.from({ length: fields }, (_, field) => new FieldKeys(field));
  }

  begin(): void {
    this.#document++;
  }

  beginField(field: number): void {
    this.#field = field;
    this.#length = 0;
  }

  /** A field may hold several texts, which no phrase joins. */
  beginText(): void {
    this.#lastPosition = -1;
  }

  /** How many terms the field has had so far. */
  get length(): number {
    return this.#length;
  }

  readonly take = (word: Word, position: number): void => {
    const key = this.#count(word);
    this.#keepWord(word, key);
    const last = this.#lastPosition;
    const gap = this.#length === 0 ? 0 : last < 0 ? itemGap : position - last - 1;
    this.#order.add(key, gap);
    this.#lastPosition = position;
    this.#length++;
  };

  /** What was counted since `begin`. */
  end(): Tallied {
    const tallied = {
      keys: this.#keys,
      frequencies: this.#frequencies,
      words: this.#words,
      wordKeys: this.#wordKeys,
      order: this.#order.take(),
    };
    this.#keys = [];
    this.#frequencies = [];
    this.#words = [];
    this.#wordKeys = [];
    return tallied;
  }

  #keepWord({ folded, foldedNumber }: Word, key: number): void {
    if (this.#seenWords.placeIn(this.#document, foldedNumber) >= 0) return;
    this.#seenWords.put(this.#document, foldedNumber, this.#words.length);
    this.#words.push(folded);
    this.#wordKeys.push(key);
  }

  /** Counts a term in the field at hand; answers its key's place. */
  #count(word: Word): number {
    const field = this.#fields[this.#field];
    if (field === undefined) throw new RangeError(`no field ${this.#field}`);
    const known = field.seen.placeIn(this.#document, word.termNumber);
    if (known >= 0) {
      this.#frequencies[known] = (this.#frequencies[known] ?? 0) + 1;
      return known;
    }
    const place = this.#keys.length;
    field.seen.put(this.#document, word.termNumber, place);
    this.#keys.push(field.keyOf(word));
    this.#frequencies.push(1);
    return place;
  }
}
