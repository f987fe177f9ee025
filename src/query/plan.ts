import type { Token } from "../engine/analyzer.ts";
import { invalidAt } from "../errors.ts";
import { boostMax, type Plan, type PlanClause, planClausesMax } from "../protocol/plan.ts";
import { type SearchBody, searchDefaults } from "../protocol/search-request.ts";
import { type IndexDefinition, textFields } from "../protocol/settings.ts";
import { rarestFirst } from "./clause-order.ts";
import { planFacets, planSort } from "./columns.ts";
import type { PlanContext } from "./context.ts";
import { type Resumed, resumePlan } from "./cursor.ts";
import { planDetails, requireExplainable } from "./details.ts";
import { type Correction, Expander } from "./expand.ts";
import { planFilter } from "./filter.ts";
import { type FieldLookup, isBlank, type Occur, parseQuery, type QueryPart } from "./parse.ts";

/**
 * The one plan that every shard runs, what it rests on, and the words of the query that were taken for others.
 */
export type Planned = Resumed & { corrections: readonly Correction[] };

/**
 * Turns a validated search into a plan: words parsed, analyzed, expanded and weighed with the index's global
 * statistics. A cursor's plan goes on with the statistics it began with. Throws `invalid_query` or `invalid_request`
 * naming what does not fit.
 */
export function planQuery(body: SearchBody, context: PlanContext): Planned {
  const { definition, statistics } = context;
  const boosts = fieldBoosts(body.fields, definition);
  const parsed = parseQuery(body.query ?? "", fieldLookup(definition));
  if (parsed.kind === "invalid") throw invalidAt("/query", parsed.detail, "invalid_query");
  const expander = new Expander(context, body.typos);
  const parts = body.prefix === true ? lastAsTyped(parsed.parts) : parsed.parts;
  const clauses: PlanClause[] = [];
  for (const part of parts) {
    const restriction = fieldClause(part, boosts, context);
    for (const clause of clausesOf(part, context, expander))
      clauses.push(restriction === undefined ? clause : { ...clause, ...restriction });
  }
  // Something was asked for that no document is indexed by: nothing matches, rather than everything.
  if (!clauses.some(isWanted) && !asksForAll(body.query ?? "", parts, context))
    clauses.push({ occur: "required", terms: [] });
  const words = clauses.reduce((sum, { phrase }) => sum + (phrase?.length ?? 1), 0);
  requireFew(words, context.termsMax);
  requireExplainable(body, words);
  const { epoch, averageLengths, documents } = statistics.current;
  const plan: Plan = {
    index: definition.index,
    incarnation: definition.incarnation,
    epoch,
    bm25: definition.settings.bm25,
    fieldBoosts: boosts,
    averageLengths,
    clauses: rarestFirst(clauses),
    matchAtLeast: matchAtLeast(body.match ?? searchDefaults.match, clauses),
    top: (body.from ?? searchDefaults.from) + (body.size ?? searchDefaults.size),
    ...columnParts(body, definition),
    ...planDetails(body, definition.settings),
    ...(body.returned === undefined ? {} : { returned: body.returned }),
  };
  const documentsLeftOut = Math.min(expander.documentsLeftOut, documents);
  return { ...resumePlan(body, { plan, documents, documentsLeftOut }), corrections: expander.corrections };
}

/** Throws `invalid_query` where there are more words than are allowed. */
function requireFew(words: number, termsMax: number): void {
  const wordsMax = Math.min(termsMax, planClausesMax);
  if (words <= wordsMax) return;
  const detail = `the query has ${words} terms, more than the ${wordsMax} allowed; leave some out`;
  throw invalidAt("/query", detail, "invalid_query");
}

function isWanted({ occur }: { occur: PlanClause["occur"] }): boolean {
  return occur !== "excluded";
}

/** Whether a query without a word to look for means every document: it is empty, or only says what to leave out. */
function asksForAll(query: string, parts: readonly QueryPart[], { analyzer }: PlanContext): boolean {
  if (isBlank(query)) return true;
  return parts.length > 0 && parts.every((part) => !isWanted(part) && analyzer.lastWord(part.text) !== undefined);
}

/** What a search asks of columns. */
function columnParts(body: SearchBody, { settings }: IndexDefinition): Pick<Plan, "filter" | "facets" | "sort"> {
  const parts: Pick<Plan, "filter" | "facets" | "sort"> = {};
  const filter = body.filter === undefined ? undefined : planFilter(body.filter, settings);
  if (filter !== undefined) parts.filter = filter;
  const facets = body.facets === undefined ? [] : planFacets(body.facets, settings);
  if (facets.length > 0) parts.facets = facets;
  const sort = body.sort === undefined ? undefined : planSort(body.sort, settings);
  if (sort !== undefined) parts.sort = sort;
  return parts;
}

function fieldLookup(definition: IndexDefinition): FieldLookup {
  const { fields } = definition.settings;
  return (name) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return field === undefined ? "unknown" : field.type === "text" ? "text" : "other";
  };
}

const decimal = /^(?:\d+\.?\d*|\.\d+)$/;

/** The weight of every text field in index order; a list of fields leaves the others out. */
function fieldBoosts(fields: readonly string[] | undefined, definition: IndexDefinition): number[] {
  const names = textFields(definition.settings);
  const own = (name: string): number => definition.settings.fields[name]?.boost ?? 1;
  if (fields === undefined) return names.map(own);
  const boosts = names.map(() => 0);
  fields.forEach((entry, i) => {
    const path = `/fields/${i}`;
    const caret = entry.lastIndexOf("^");
    const name = caret === -1 ? entry : entry.slice(0, caret);
    const position = names.indexOf(name);
    const written = caret === -1 ? undefined : entry.slice(caret + 1);
    const boost = written === undefined ? own(name) : decimal.test(written) ? Number(written) : Number.NaN;
    if (position === -1)
      throw invalidAt(path, `"${name}" is not a text field of this index; it has ${names.join(", ") || "none"}`);
    if (!(boost > 0 && boost <= boostMax))
      throw invalidAt(path, `"${entry}" must be name^boost with a decimal boost above 0 and up to ${boostMax}`);
    if (boosts[position] !== 0) throw invalidAt(path, `names "${name}" a second time`);
    boosts[position] = boost;
  });
  return boosts;
}

/** What is written last, as what may go on; a quotation does so until it is closed. */
function lastAsTyped(parts: readonly QueryPart[]): QueryPart[] {
  const goesOn = ({ kind, isOpen }: QueryPart): boolean => kind === "words" || isOpen === true;
  return parts.map((part, i) => (i === parts.length - 1 && goesOn(part) ? { ...part, kind: "typing" } : part));
}

/**
 * The clauses of one piece: a clause for each term of plain words; one phrase for quoted words, and for an excluded word
 * that falls apart into several terms: `-wi-fi` leaves out just that, and not all that holds either; `-wi-fi*` is a
 * phrase for each term that `fi` begins. The last word of an open quotation, while it is typed, stands beside the phrase
 * of those before it: what it may become is too much to look for in their order.
 */
function clausesOf(part: QueryPart, { analyzer }: PlanContext, expander: Expander): PlanClause[] {
  const { occur, kind, text, isOpen } = part;
  const tokens = analyzer.analyze(text);
  const last = kind === "prefix" || kind === "typing" ? analyzer.lastWord(text) : undefined;
  if (occur === "excluded" && tokens.length > 1) return phrasesOf(part, { tokens, last }, expander);
  if (kind === "phrase") return quoted(occur, tokens, expander);
  const whole = last === undefined ? tokens : tokens.filter(({ start }) => start !== last.start);
  const clauses = isOpen ? quoted(occur, whole, expander) : eachWord(part, whole, expander);
  // What is excluded with a stop word behind it is so whatever follows it.
  if (last === undefined || (occur === "excluded" && clauses.length > 0)) return clauses;
  const typed = text.slice(last.start, last.end);
  const terms = expander.prefix(last, { occur, typed, isTyping: kind === "typing", isQuoted: isOpen === true });
  return terms.length === 0 ? clauses : [...clauses, { occur, terms }];
}

function eachWord({ occur, text }: QueryPart, tokens: readonly Token[], expander: Expander): PlanClause[] {
  return tokens.map((token) => ({ occur, terms: expander.word(token, occur, text.slice(token.start, token.end)) }));
}

/** Words that stand side by side, if they are several; each is taken as it is written. */
function quoted(occur: Occur, tokens: readonly Token[], expander: Expander): PlanClause[] {
  const [first] = tokens;
  if (first === undefined) return [];
  return [tokens.length > 1 ? phraseOf(occur, tokens, expander) : { occur, terms: [expander.exact(first.term)] }];
}

type PhraseWords = { tokens: readonly Token[]; last: ReturnType<PlanContext["analyzer"]["lastWord"]> };

/** The phrase of some words; where the last is a prefix, and no stop word, one for each term that may stand there. */
function phrasesOf({ occur, kind, text }: QueryPart, { tokens, last }: PhraseWords, expander: Expander): PlanClause[] {
  const end = tokens.at(-1);
  if (end === undefined || last?.start !== end.start) return [phraseOf(occur, tokens, expander)];
  const others = tokens.slice(0, -1);
  const before = others.map(({ term }) => term);
  const typed = text.slice(end.start, end.end);
  const ends = expander.phraseEnds(end, { typed, isTyping: kind === "typing", before });
  return ends.map((term) => phraseOf(occur, [...others, { ...end, term }], expander));
}

function phraseOf(occur: Occur, tokens: readonly Token[], expander: Expander): PlanClause {
  const terms = [...new Set(tokens.map(({ term }) => term))].map((term) => expander.exact(term));
  const start = tokens[0]?.position ?? 0;
  return { occur, terms, phrase: tokens.map(({ term, position }) => ({ term, offset: position - start })) };
}

function fieldClause(
  part: QueryPart,
  boosts: readonly number[],
  context: PlanContext,
): Pick<PlanClause, "fieldBoosts"> | undefined {
  if (part.field === undefined) return undefined;
  const names = textFields(context.definition.settings);
  const own = context.definition.settings.fields[part.field]?.boost ?? 1;
  return { fieldBoosts: names.map((name, i) => (name === part.field ? boosts[i] || own : 0)) };
}

/** Less than any percentage that people write has beyond a whole number of words, and more than rounding takes off. */
const rounding = 1e-9;

/** A required word makes the optional ones a bonus, unless the caller says how many of them must match. */
function matchAtLeast(match: "any" | "all" | number, clauses: readonly PlanClause[]): number {
  const optional = clauses.filter((clause) => clause.occur === "optional").length;
  if (optional === 0) return 0;
  if (match === "all") return optional;
  if (match === "any") return clauses.some((clause) => clause.occur === "required") ? 0 : 1;
  return Math.max(1, Math.floor((optional * match) / 100 + rounding));
}
