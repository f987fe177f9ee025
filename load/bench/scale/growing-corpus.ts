import type { DemoDocument } from "../../../data/corpus.ts";
import { type Random, seededRandom } from "../../../src/time.ts";

/** What the made documents are put together from: each piece as often as the corpus has it. */
type Pieces = { openings: string[]; continuations: string[]; synonyms: string[]; examples: string[] };

/** Before one of these words a definition goes on with another phrase. */
const phraseStart = / (?=(?:after|and|as|at|by|during|for|from|in|of|on|or|that|to|used|where|which|who|with) )/;

/**
 * Documents without an end: first the corpus, in an order drawn by the seed, so that the first few are a fair sample of
 * all; then made ones with ids of their own. A made one takes after a document drawn from the corpus: as many phrases in
 * its definition, as many synonyms and examples, its keywords and years; every title, phrase, synonym and example is
 * drawn whole from all of the corpus, as often as it occurs there. So at any size words occur as often as in the corpus,
 * phrases are its phrases, and definitions are as long. Two things are not the corpus's: a word repeats itself less
 * within one document, and is therefore in a tenth more of them; and no word is new, where a real collection of ten
 * times the size has some three times as many, nearly all too rare to be asked for. The same corpus and seed
 * give the same documents. Throws a RangeError where the corpus is empty.
 */
export function* growingCorpus(corpus: readonly DemoDocument[], seed: number): Generator<DemoDocument, never> {
  if (corpus.length === 0) throw new RangeError("nothing can be made from an empty corpus");
  const random = seededRandom(seed);
  yield* shuffled(corpus, random);
  const pieces = piecesOf(corpus);
  for (let number = 1; ; number++) yield made(corpus, { pieces, number, random });
}

/** The next documents of those; fewer only where there are no more. */
export function* next<T>(documents: Iterator<T>, count: number): Generator<T> {
  for (let i = 0; i < count; i++) {
    const { value, done } = documents.next();
    if (done === true) return;
    yield value;
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const order = list.map((one) => ({ one, at: random.next() }));
  return order.sort((a, b) => a.at - b.at).map(({ one }) => one);
}

function piecesOf(corpus: readonly DemoDocument[]): Pieces {
  const phrases = corpus.map(({ body }) => body.split(phraseStart));
  return {
    openings: phrases.flatMap((all) => all.slice(0, 1)),
    continuations: phrases.flatMap((all) => all.slice(1)),
    synonyms: corpus.flatMap(({ synonyms }) => synonyms),
    examples: corpus.flatMap(({ examples }) => examples),
  };
}

function made(
  corpus: readonly DemoDocument[],
  { pieces, number, random }: { pieces: Pieces; number: number; random: Random },
): DemoDocument {
  const model = drawn(corpus, random);
  const [, ...more] = model.body.split(phraseStart);
  const phrases = [drawn(pieces.openings, random), ...more.map(() => drawn(pieces.continuations, random))];
  return {
    ...model,
    id: `made-${number}`,
    title: drawn(corpus, random).title,
    synonyms: [...new Set(model.synonyms.map(() => drawn(pieces.synonyms, random)))],
    body: phrases.join(" "),
    examples: model.examples.map(() => drawn(pieces.examples, random)),
  };
}

function drawn<T>(list: readonly T[], random: Random): T {
  const one = list[Math.floor(random.next() * list.length)];
  if (one === undefined) throw new RangeError("nothing to draw from");
  return one;
}
