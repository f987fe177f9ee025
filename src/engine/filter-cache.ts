import { filterPiece } from "./filter.ts";
import type { FilterBits } from "./filter-bits.ts";
import type { Piece } from "./piece.ts";
import type { PreparedFilter } from "./prepared-filter.ts";

const filtersMax = 8;
/** A longer filter is hardly asked for twice, and its key would be kept. */
const keyLengthMax = 2000;

/** The bits of a few filters of one piece, those that were last asked for. Only for a piece that never changes. */
export class FilterCache {
  readonly #piece: Piece;
  readonly #recent = new Map<string, FilterBits>();

  constructor(piece: Piece) {
    this.#piece = piece;
  }

  get sizeBytes(): number {
    let total = 0;
    for (const bits of this.#recent.values()) total += bits.sizeBytes;
    return total;
  }

  bits(filter: PreparedFilter): FilterBits {
    const bits = this.#recent.get(filter.key) ?? filterPiece(this.#piece, filter);
    this.#recent.delete(filter.key);
    if (filter.key.length > keyLengthMax) return bits;
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size < filtersMax) break;
      this.#recent.delete(oldest);
    }
    this.#recent.set(filter.key, bits);
    return bits;
  }
}
