import type { Explanation } from "../protocol/explanation.ts";
import type { HitDetails } from "../protocol/hit.ts";
import { explain } from "./explain.ts";
import type { Highlighter, Highlights } from "./highlight.ts";
import type { Piece } from "./piece.ts";
import type { PreparedPlan } from "./prepared-plan.ts";

type Place = { piece: Piece; doc: number };

/** What a plan asks to be told of its hits. `fields`: the names of the text fields. */
export type Detailing = {
  plan: PreparedPlan;
  fields: readonly string[];
  highlighter: Highlighter | undefined;
  explain: boolean;
};

/** Works out the details of a search's hits, one after the other, once the hits are known. */
export class DetailWork {
  readonly #detailing: Detailing;
  readonly #details: HitDetails[] = [];
  #work: Generator<void, void> | undefined;
  #letters = 0;

  constructor(detailing: Detailing) {
    this.#detailing = detailing;
  }

  /** Does well less than a millisecond's work on the hits, always the same ones; true when all is done. */
  advance(hits: readonly Place[]): boolean {
    this.#work ??= this.#run(hits);
    return this.#work.next().done === true;
  }

  /** What is known of a hit by now; nothing of one that has not had its turn. */
  of(place: number): HitDetails {
    return this.#details[place] ?? {};
  }

  /** About how long those that are known are as JSON. */
  get letters(): number {
    return this.#letters;
  }

  *#run(hits: readonly Place[]): Generator<void, void> {
    const { plan, fields, highlighter } = this.#detailing;
    for (const hit of hits) {
      const details: HitDetails = {};
      if (highlighter !== undefined) {
        details.highlights = yield* highlighter.highlight(hit.piece.sourceView(hit.doc));
        this.#letters += highlightLetters(details.highlights);
      }
      if (this.#detailing.explain) {
        details.explanation = yield* explain(plan, fields, hit);
        this.#letters += explanationLetters(details.explanation);
      }
      this.#details.push(details);
      yield;
    }
  }
}

function highlightLetters(highlights: Highlights): number {
  let letters = 0;
  for (const fragments of Object.values(highlights)) for (const html of fragments) letters += html.length;
  return letters;
}

/** What a term and what a field of it take: mostly names of members, and numbers with all their digits. */
const termLetters = 100;
const fieldLetters = 120;

function explanationLetters({ clauses }: Explanation): number {
  let letters = 0;
  for (const { terms } of clauses)
    for (const { fields } of terms) letters += termLetters + fieldLetters * fields.length;
  return letters;
}
