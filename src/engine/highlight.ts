import type { Analyzer } from "./analyzer.ts";
import { readFieldTexts } from "./field-texts.ts";
import { bestFragments, type Fragment, fragmentsOf } from "./fragments.ts";
import { findMarks, type Wanted } from "./marks.ts";
import type { PreparedClause } from "./prepared-plan.ts";

/** For each field that holds something that made the document match, its best fragments as HTML. */
export type Highlights = Record<string, string[]>;

/** Text of one field that is looked at: what follows makes no fragment. Some ten milliseconds' work, in slices. */
const textBytesMax = 100_000;
/** Shows where documents match the clauses of one plan. */
export class Highlighter {
  readonly #wanted: ReadonlyMap<string, Wanted>;
  readonly #fields: ReadonlySet<string>;
  readonly #analyzer: Analyzer;

  /** `names`: of the text fields, in index order. `asked`: of those to look at. */
  constructor(
    clauses: readonly PreparedClause[],
    { names, asked }: { names: readonly string[]; asked: readonly string[] },
    analyzer: Analyzer,
  ) {
    const wanted = asked.map((name) => [name, wantedIn(clauses, names.indexOf(name))] as const);
    this.#wanted = new Map(wanted.filter(([, { words, phrases }]) => words.size > 0 || phrases.length > 0));
    this.#fields = new Set(this.#wanted.keys());
    this.#analyzer = analyzer;
  }

  /** Highlights one document, given as JSON; pauses (yields) well within every millisecond. */
  *highlight(source: Uint8Array): Generator<void, Highlights> {
    const highlights: Highlights = {};
    if (this.#fields.size === 0) return highlights;
    const texts = yield* readFieldTexts(source, this.#fields, textBytesMax);
    for (const [field, wanted] of this.#wanted) {
      const fragments: Fragment[] = [];
      for (const text of texts.get(field) ?? []) {
        fragments.push(...(yield* fragmentsOf(text, yield* findMarks(text, wanted, this.#analyzer))));
      }
      if (fragments.length > 0) highlights[field] = bestFragments(fragments);
    }
    return highlights;
  }
}

/** What the clauses look for in one field; what they exclude is nowhere in a hit. */
function wantedIn(clauses: readonly PreparedClause[], field: number): Wanted {
  const words = new Map<string, number>();
  const phrases: { phrase: NonNullable<PreparedClause["phrase"]>; weight: number }[] = [];
  for (const { occur, terms, weighing, phrase } of clauses) {
    if (occur === "excluded" || (weighing.boosts[field] ?? 0) === 0) continue;
    if (phrase === undefined) {
      for (const { lookup, weight } of terms) words.set(lookup.term, Math.max(weight, words.get(lookup.term) ?? 0));
    } else {
      phrases.push({ phrase, weight: terms.reduce((sum, { weight }) => sum + weight, 0) });
    }
  }
  return { words, phrases };
}
