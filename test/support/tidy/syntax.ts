import { parseAst } from "vitest/node";

/** A piece of a syntax tree (ESTree with TypeScript's own), as far as the rules look at it. */
export type Syntax = { type: string; start: number; end: number; [part: string]: unknown };

/** A piece with what it stands in. */
export type Placed = { syntax: Syntax; parent: Placed | undefined };

/** The syntax tree of a TypeScript file. Throws where it does not parse. */
export function parseSyntax(text: string): Syntax {
  const program: unknown = parseAst(text, { lang: "ts" });
  if (!isSyntax(program)) throw new Error("the parser gave no tree");
  return program;
}

/** Every piece of a tree, a parent before its children. */
export function piecesOf(syntax: Syntax): Placed[] {
  const pieces: Placed[] = [];
  const gather = (placed: Placed): void => {
    pieces.push(placed);
    for (const value of Object.values(placed.syntax)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isSyntax(child)) gather({ syntax: child, parent: placed });
      }
    }
  };
  gather({ syntax, parent: undefined });
  return pieces;
}

export function isSyntax(value: unknown): value is Syntax {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "start" in value &&
    typeof value.start === "number"
  );
}

/** The text of a string literal; undefined for anything else. */
export function literalText(syntax: unknown): string | undefined {
  if (!isSyntax(syntax)) return undefined;
  if (syntax.type === "Literal" && typeof syntax.value === "string") return syntax.value;
  return undefined;
}

/** The name of an identifier; undefined for anything else. */
export function nameOf(syntax: unknown): string | undefined {
  return isSyntax(syntax) && syntax.type === "Identifier" && typeof syntax.name === "string" ? syntax.name : undefined;
}
