import { FrameError } from "./frames.ts";
import type { Plan, PlanClause, PlanTerm } from "./plan.ts";

/**
 * A plan as bytes, for the leaves. Layout, little-endian: u32 clauses, u32 size of the opening, u32 size of the text, u16
 * matchAtLeast, u16 top, u8 flags, u8 size of the trace; the opening, JSON of what all plans of an index have in common while
 * its statistics stand; for each clause u8 occur and u32 terms; for each term f64 weight and u16 size in the text; the text:
 * the trace and all terms, end to end; and JSON of whatever else the plan asks for, where it does.
 */
const headBytes = 18;
const flagsAt = 16;
const traceSizeAt = 17;
const clauseBytes = 5;
const termBytes = 10;
/** The text is one byte a character, so its pieces may be cut out of it once it is decoded. */
const asciiFlag = 1;
/** More than any leaf takes. */
const matchAtLeastMax = 0xffff;
const occurs: readonly PlanClause["occur"][] = ["optional", "required", "excluded"];

/** What all plans of an index have in common while its statistics stand. */
export type PlanOpening = Pick<Plan, "index" | "incarnation" | "epoch" | "bm25" | "fieldBoosts" | "averageLengths">;

/** What few plans have; `clauses` in the plan's order. */
export type PlanExtras = Partial<Omit<Plan, keyof PlanOpening | "clauses" | "matchAtLeast" | "top" | "trace">> & {
  clauses?: readonly ClauseExtras[];
};
export type ClauseExtras = Pick<PlanClause, "fieldBoosts" | "phrase">;

/** A plan's bytes taken apart. `opening` and `extras` are JSON that nobody has looked into; no `extras`: there are none. */
export type PlanParts = Pick<Plan, "matchAtLeast" | "top"> & {
  clauses: (PlanClause & { terms: PlanTerm[] })[];
  opening: Buffer;
  trace: string;
  extras: Buffer;
};

type WrittenOpening = { of: PlanOpening; bytes: Buffer };

/** By the average lengths, of which every epoch of an index has a list of its own. */
const openings = new WeakMap<readonly number[], WrittenOpening>();

/** Writes a plan down, with the trace that it works for. What it begins with is written once as long as plans have it in common. */
export function writePlan(plan: Plan, trace: string = plan.trace ?? ""): Buffer {
  const { clauses, matchAtLeast, top } = plan;
  const opening = openingOf(plan);
  const extras = extrasOf(plan);
  let text = trace;
  let terms = 0;
  for (const clause of clauses) {
    for (const { term } of clause.terms) text += term;
    terms += clause.terms.length;
  }
  const clausesAt = headBytes + opening.length;
  const textAt = clausesAt + clauses.length * clauseBytes + terms * termBytes;
  const bytes = Buffer.allocUnsafe(textAt + 3 * (text.length + extras.length));
  const textBytes = bytes.write(text, textAt);
  const ascii = textBytes === text.length;
  bytes.writeUInt32LE(clauses.length, 0);
  bytes.writeUInt32LE(opening.length, 4);
  bytes.writeUInt32LE(textBytes, 8);
  bytes.writeUInt16LE(Math.min(matchAtLeast, matchAtLeastMax), 12);
  bytes.writeUInt16LE(top, 14);
  bytes[flagsAt] = ascii ? asciiFlag : 0;
  bytes[traceSizeAt] = ascii ? trace.length : Buffer.byteLength(trace);
  bytes.set(opening, headBytes);
  writeClauses(bytes, clausesAt, { clauses, ascii });
  const end = textAt + textBytes;
  return bytes.subarray(0, extras === "" ? end : end + bytes.write(extras, end));
}

function writeClauses(
  bytes: Buffer,
  from: number,
  { clauses, ascii }: { clauses: readonly PlanClause[]; ascii: boolean },
): void {
  let at = from;
  for (const { occur, terms } of clauses) {
    bytes[at] = occurs.indexOf(occur);
    bytes.writeUInt32LE(terms.length, at + 1);
    at += clauseBytes;
  }
  for (const { terms } of clauses) {
    for (const { term, weight } of terms) {
      bytes.writeDoubleLE(weight, at);
      bytes.writeUInt16LE(ascii ? term.length : Buffer.byteLength(term), at + 8);
      at += termBytes;
    }
  }
}

function openingOf(plan: Plan): Buffer {
  const known = openings.get(plan.averageLengths);
  if (known !== undefined && isOpeningOf(known.of, plan)) return known.bytes;
  const { index, incarnation, epoch, bm25, fieldBoosts, averageLengths } = plan;
  const of = { index, incarnation, epoch, bm25, fieldBoosts, averageLengths };
  const bytes = Buffer.from(JSON.stringify(of));
  openings.set(averageLengths, { of, bytes });
  return bytes;
}

function isOpeningOf(opening: PlanOpening, plan: Plan): boolean {
  return (
    opening.epoch === plan.epoch &&
    opening.index === plan.index &&
    opening.incarnation === plan.incarnation &&
    opening.bm25 === plan.bm25 &&
    opening.fieldBoosts.length === plan.fieldBoosts.length &&
    opening.fieldBoosts.every((boost, field) => boost === plan.fieldBoosts[field])
  );
}

/** The JSON of what few plans have; empty for the many. */
function extrasOf(plan: Plan): string {
  const { filter, facets, sort, after, returned, highlight, explain, profile } = plan;
  const any = filter ?? facets ?? sort ?? after ?? returned ?? highlight ?? explain ?? profile;
  const clauses = plan.clauses.some(hasExtras)
    ? plan.clauses.map(({ fieldBoosts, phrase }) => ({ fieldBoosts, phrase }))
    : undefined;
  if (any === undefined && clauses === undefined) return "";
  return JSON.stringify({ clauses, filter, facets, sort, after, returned, highlight, explain, profile });
}

function hasExtras({ fieldBoosts, phrase }: PlanClause): boolean {
  return fieldBoosts !== undefined || phrase !== undefined;
}

/** Takes a plan's bytes apart. Throws a FrameError where they are cut short or do not add up. */
export function readPlanParts(bytes: Buffer): PlanParts {
  if (bytes.length < headBytes) throw cutShort();
  const count = bytes.readUInt32LE(0);
  const clausesAt = headBytes + bytes.readUInt32LE(4);
  const termsAt = clausesAt + count * clauseBytes;
  if (termsAt > bytes.length) throw cutShort();
  let terms = 0;
  for (let at = clausesAt; at < termsAt; at += clauseBytes) terms += bytes.readUInt32LE(at + 1);
  const textAt = termsAt + terms * termBytes;
  const textEnd = textAt + bytes.readUInt32LE(8);
  if (textEnd > bytes.length) throw cutShort();
  const text = new TextPieces(bytes, textAt, textEnd);
  return {
    opening: bytes.subarray(headBytes, clausesAt),
    trace: text.next(bytes[traceSizeAt] ?? 0),
    clauses: readClauses(bytes, { clausesAt, termsAt, text }),
    matchAtLeast: bytes.readUInt16LE(12),
    top: bytes.readUInt16LE(14),
    extras: bytes.subarray(textEnd),
  };
}

type ClausesPlace = { clausesAt: number; termsAt: number; text: TextPieces };

function readClauses(bytes: Buffer, { clausesAt, termsAt, text }: ClausesPlace): PlanParts["clauses"] {
  const clauses: PlanParts["clauses"] = [];
  let termAt = termsAt;
  for (let at = clausesAt; at < termsAt; at += clauseBytes) {
    const occur = occurs[bytes[at] ?? occurs.length];
    if (occur === undefined) throw new FrameError("a plan's clause is of no kind");
    const terms: PlanTerm[] = [];
    for (const end = termAt + bytes.readUInt32LE(at + 1) * termBytes; termAt < end; termAt += termBytes) {
      terms.push({ term: text.next(bytes.readUInt16LE(termAt + 8)), weight: bytes.readDoubleLE(termAt) });
    }
    clauses.push({ occur, terms });
  }
  if (!text.isRead) throw new FrameError("a plan's terms do not fill its text");
  return clauses;
}

/** Cuts a text up: where it is ASCII it is decoded once, since a call for each piece costs more than all the rest. */
class TextPieces {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #text: string | undefined;
  #at: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#at = start;
    this.#text = (bytes[flagsAt] ?? 0) === asciiFlag ? bytes.toString("latin1", start, end) : undefined;
  }

  get isRead(): boolean {
    return this.#at === this.#end;
  }

  next(sizeBytes: number): string {
    const start = this.#at;
    const end = start + sizeBytes;
    if (end > this.#end) throw cutShort();
    this.#at = end;
    return this.#text?.slice(start - this.#start, end - this.#start) ?? this.#bytes.toString("utf8", start, end);
  }
}

function cutShort(): FrameError {
  return new FrameError("a plan is cut short");
}
