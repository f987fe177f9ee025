import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isSyntax, literalText, type Placed, parseSyntax, piecesOf, type Syntax } from "./syntax.ts";

/** One import. `target` is a path from the repository's root where it names a file of ours, else as it is written. */
export type Import = { target: string; isOurs: boolean; isType: boolean; line: number };

/** A TypeScript file. Its path is from the repository's root, with forward slashes. */
export type Source = {
  path: string;
  text: string;
  pieces: readonly Placed[];
  imports: readonly Import[];
  literals: readonly string[];
};

/** What a rule has to say of a place, for a person to read. */
export type Finding = string;

/** Reads every TypeScript file below some directories of the repository. */
export function readSources(repository: string, directories: readonly string[]): Source[] {
  return directories
    .flatMap((directory) => filesBelow(repository, directory))
    .filter((path) => path.endsWith(".ts"))
    .map((path) => sourceFrom(path, readFileSync(join(repository, path), "utf8")));
}

/** The paths of all files below a directory, from the repository's root. */
export function filesBelow(repository: string, directory: string): string[] {
  return readdirSync(join(repository, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(repository.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

/** Takes a file's text apart. */
export function sourceFrom(path: string, text: string): Source {
  const pieces = piecesOf(parseSyntax(text));
  const imports: Import[] = [];
  const literals: string[] = [];
  for (const { syntax } of pieces) {
    const found = importIn(syntax, path, text);
    if (found !== undefined) imports.push(found);
    const literal = literalText(syntax);
    if (literal !== undefined) literals.push(literal);
  }
  return { path, text, pieces, imports, literals };
}

/** The files that a file names, by importing them or as a thread or a program to start, from where it is itself. */
export function filesNamedIn({ path, literals }: Source): string[] {
  return literals.filter((literal) => literal.endsWith(".ts")).map((literal) => resolved(path, literal));
}

/** Where a place is, as an editor takes it. */
export function at({ path, text }: { path: string; text: string }, { start }: Syntax): string {
  return `${path}:${lineOf(text, start)}`;
}

function importIn(syntax: Syntax, path: string, text: string): Import | undefined {
  const written = isImport(syntax) ? literalText(syntax.source) : undefined;
  if (written === undefined) return undefined;
  const isOurs = written.startsWith(".");
  const line = lineOf(text, syntax.start);
  return { target: isOurs ? resolved(path, written) : written, isOurs, isType: isTypeOnly(syntax), line };
}

function isImport({ type }: Syntax): boolean {
  return ["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ImportExpression"].includes(type);
}

/** Whether nothing of the import is left when the types are gone. */
function isTypeOnly(syntax: Syntax): boolean {
  if (syntax.importKind === "type" || syntax.exportKind === "type") return true;
  const specifiers = Array.isArray(syntax.specifiers) ? syntax.specifiers.filter(isSyntax) : [];
  return specifiers.length > 0 && specifiers.every((one) => one.importKind === "type" || one.exportKind === "type");
}

function resolved(path: string, written: string): string {
  return posix.join(posix.dirname(path), written);
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
