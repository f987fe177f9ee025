/** What a piece of the query asks of a document. */
export type Occur = "optional" | "required" | "excluded";

/**
 * One piece of what the user typed, before any analysis. A `prefix` piece lost its trailing `*`; the last word of a
 * `typing` piece may not be finished. `isOpen`: its quotation mark was never closed.
 */
export type QueryPart = {
  occur: Occur;
  kind: "words" | "phrase" | "prefix" | "typing";
  text: string;
  field?: string;
  isOpen?: true;
};

/** What a name before a colon may be. Anything but a known field is just text: people paste times and addresses. */
export type FieldLookup = (name: string) => "text" | "other" | "unknown";

export type ParseResult = { kind: "parsed"; parts: QueryPart[] } | { kind: "invalid"; detail: string };

/**
 * Takes a query apart: `word`, `+word`, `-word`, `field:word`, `"a phrase"` and combinations of them, and `word*` at
 * the end. Linear in the length of the query. Everything that a person may type means something; only a field that
 * cannot be searched as text is refused, since silence would hide the mistake.
 */
export function parseQuery(query: string, lookup: FieldLookup): ParseResult {
  const parts: QueryPart[] = [];
  let at = 0;
  while (at < query.length) {
    if (isSpace(query.charCodeAt(at))) {
      at++;
      continue;
    }
    const operator = readOperator(query, at);
    const field = readField(query, at + operator.length, lookup);
    if (field.kind === "invalid") return field;
    const start = at + operator.length + field.length;
    const piece = query[start] === '"' ? readPhrase(query, start) : readWord(query, start);
    if (piece.text !== "") {
      const { end: _, ...what } = piece;
      const part: QueryPart = { occur: operator.occur, ...what };
      parts.push(field.name === undefined ? part : { ...part, field: field.name });
    }
    at = piece.end;
  }
  return { kind: "parsed", parts: parts.map((part, i) => withPrefix(part, i === parts.length - 1)) };
}

function withPrefix(part: QueryPart, isLast: boolean): QueryPart {
  if (!isLast || part.kind !== "words" || !part.text.endsWith("*")) return part;
  let end = part.text.length;
  while (end > 0 && part.text[end - 1] === "*") end--;
  return end === 0 ? part : { ...part, kind: "prefix", text: part.text.slice(0, end) };
}

/** An operator counts only right before what it is about: `a - b` holds none. */
function readOperator(query: string, at: number): { occur: Occur; length: number } {
  const sign = query[at];
  const attached = at + 1 < query.length && !isSpace(query.charCodeAt(at + 1));
  if (attached && sign === "+") return { occur: "required", length: 1 };
  if (attached && sign === "-") return { occur: "excluded", length: 1 };
  return { occur: "optional", length: 0 };
}

type FieldPart = { kind: "field"; name: string | undefined; length: number } | { kind: "invalid"; detail: string };

function readField(query: string, start: number, lookup: FieldLookup): FieldPart {
  const none: FieldPart = { kind: "field", name: undefined, length: 0 };
  let at = start;
  while (at < query.length && query[at] !== ":" && query[at] !== '"' && !isSpace(query.charCodeAt(at))) at++;
  const hasValue = at + 1 < query.length && !isSpace(query.charCodeAt(at + 1));
  if (query[at] !== ":" || at === start || !hasValue) return none;
  const name = query.slice(start, at);
  switch (lookup(name)) {
    case "text":
      return { kind: "field", name, length: at + 1 - start };
    case "other":
      return { kind: "invalid", detail: `field "${name}" is not a text field; use "filter" for its values` };
    case "unknown":
      return none;
  }
}

type Piece = Pick<QueryPart, "text" | "isOpen"> & { kind: "words" | "phrase"; end: number };

/** An open quotation mark that is never closed reaches to the end, as it does while a person is still typing. */
function readPhrase(query: string, start: number): Piece {
  const close = query.indexOf('"', start + 1);
  if (close === -1) return { kind: "phrase", text: query.slice(start + 1), end: query.length, isOpen: true };
  return { kind: "phrase", text: query.slice(start + 1, close), end: close + 1 };
}

function readWord(query: string, start: number): Piece {
  let end = start;
  while (end < query.length && query[end] !== '"' && !isSpace(query.charCodeAt(end))) end++;
  return { kind: "words", text: query.slice(start, end), end };
}

/** Whether a query is nothing but white space. */
export function isBlank(query: string): boolean {
  for (let at = 0; at < query.length; at++) if (!isWhiteSpace(query.charCodeAt(at))) return false;
  return true;
}

/** What parts words: white space and control characters. */
function isSpace(code: number): boolean {
  return code <= 0x20 || isWhiteSpace(code);
}

/** White space as Unicode has it. */
function isWhiteSpace(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    code === 0x20 ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}
