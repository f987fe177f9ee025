import { type ChampionLists, championBytes, championLists } from "./champions.ts";
import type { WeighedPiece } from "./piece.ts";
import type { SegmentData } from "./segment-data.ts";
import { fieldShare, saturate, type Weighing } from "./weighing.ts";

const codesPerStep = 1024;
const tablesMax = 4;

/** What a term is worth per code of a segment, under one weighing; computed a part at a time. */
export class SaturationTable {
  readonly values: Float64Array;
  readonly champions: ChampionLists;
  /** What opens the segment's terms by this table, once it has been asked for. */
  reader: WeighedPiece | undefined;
  readonly #data: SegmentData;
  readonly #weighing: Weighing;
  #done = 0;

  constructor(data: SegmentData, weighing: Weighing) {
    this.#data = data;
    this.#weighing = weighing;
    this.values = new Float64Array(codeCount(data));
    this.champions = championLists(data.postingEnds);
  }

  /** Whether all codes are there. */
  get ready(): boolean {
    return this.#done === this.values.length;
  }

  /** Computes the next thousand codes; true when all are there. */
  advance(): boolean {
    const { fields, frequencyRows, codeLengths } = this.#data;
    const end = Math.min(this.values.length, this.#done + codesPerStep);
    for (let code = this.#done; code < end; code++) {
      let shares = 0;
      for (let field = 0; field < fields; field++) {
        const at = code * fields + field;
        const frequency = frequencyRows[at] ?? 0;
        if (frequency > 0) shares += fieldShare(this.#weighing, field, { frequency, length: codeLengths[at] ?? 0 });
      }
      this.values[code] = saturate(this.#weighing, shares);
    }
    this.#done = end;
    return this.ready;
  }
}

/** The tables of a few weighings, the newest: one epoch's plans mostly share theirs. */
export class SaturationTables {
  readonly #data: SegmentData;
  readonly #tables = new Map<Weighing, SaturationTable>();
  /** What was asked for last, as it mostly is again. */
  #last: { weighing: Weighing; table: SaturationTable } | undefined;

  constructor(data: SegmentData) {
    this.#data = data;
  }

  get sizeBytes(): number {
    let sizeBytes = this.#tables.size * codeCount(this.#data) * 8;
    for (const { champions } of this.#tables.values()) sizeBytes += championBytes(champions);
    return sizeBytes;
  }

  /** What the newest table is for. */
  get latest(): Weighing | undefined {
    return [...this.#tables.keys()].at(-1);
  }

  for(weighing: Weighing): SaturationTable {
    if (this.#last?.weighing === weighing) return this.#last.table;
    const table = this.#tables.get(weighing) ?? this.#add(weighing);
    this.#last = { weighing, table };
    return table;
  }

  #add(weighing: Weighing): SaturationTable {
    for (const oldest of this.#tables.keys()) {
      if (this.#tables.size < tablesMax) break;
      this.#tables.delete(oldest);
    }
    const table = new SaturationTable(this.#data, weighing);
    this.#tables.set(weighing, table);
    return table;
  }
}

function codeCount({ frequencyRows, fields }: SegmentData): number {
  return frequencyRows.length / Math.max(1, fields);
}
