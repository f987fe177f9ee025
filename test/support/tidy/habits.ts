import { adapters } from "./house.ts";
import { at, type Finding, type Source } from "./source.ts";
import { isSyntax, nameOf, type Placed, type Syntax } from "./syntax.ts";

const linesMax = 400;
const functionLinesMax = 70;
const parametersMax = 3;

/** What only `src/time.ts` may touch, and what everybody else uses. */
const clocks: Readonly<Record<string, string>> = {
  Date: "take a Clock, or wallInstant and parseInstant, from src/time.ts",
  performance: "take a Clock from src/time.ts",
  setTimeout: "take Timers, or sleep, from src/time.ts",
  setInterval: "take Timers from src/time.ts and set the next one when one has run",
  "Math.random": "take a Random from src/time.ts",
  "AbortSignal.timeout": "abort from a timer of src/time.ts",
  "process.hrtime": "take a Clock from src/time.ts",
};

/** What programs leave to it as well; a test may end a turn of the event loop as it likes. */
const turns: Readonly<Record<string, string>> = { setImmediate: "take afterPoll, or yieldToLoop, from src/time.ts" };

const clockModules = ["node:timers", "node:timers/promises", "node:perf_hooks"];

/** Clocks, timers and randomness used outside the one file that may. */
export function strayClocks(source: Source): Finding[] {
  if (source.path === "src/time.ts") return [];
  const kept = source.path.startsWith("test/") ? clocks : { ...clocks, ...turns };
  const used = source.pieces.flatMap((placed) => {
    const name = usedName(placed);
    const instead = name === undefined || !Object.hasOwn(kept, name) ? undefined : kept[name];
    return instead === undefined ? [] : [`${at(source, placed.syntax)} uses ${name}: ${instead}`];
  });
  const imported = source.imports
    .filter(({ target }) => clockModules.includes(target))
    .map(({ target, line }) => `${source.path}:${line} imports ${target}: src/time.ts has what it is for`);
  return [...used, ...imported];
}

/** `name` or `object.name`, where the piece is a use of it rather than a key or a member that is called alike. */
function usedName({ syntax, parent: placedIn }: Placed): string | undefined {
  const parent = placedIn?.syntax;
  if (syntax.type === "MemberExpression" && syntax.computed !== true) {
    const [object, property] = [nameOf(syntax.object), nameOf(syntax.property)];
    if (object === undefined || property === undefined) return undefined;
    return object === "globalThis" ? property : `${object}.${property}`;
  }
  const isKey = parent?.computed !== true && (parent?.key === syntax || parent?.property === syntax);
  return isKey && parent?.shorthand !== true ? undefined : nameOf(syntax);
}

const emptyWords = ["util", "utils", "helper", "helpers", "common", "manager", "managers"];
const refusedWords = [...emptyWords, "master", "masters", "slave", "slaves"];

/** Names, of files and of what is in them, that hold a word that the project does not use. */
export function refusedNames(source: Source): Finding[] {
  const inPath = wordsOf(source.path).filter((word) => refusedWords.includes(word));
  const inside = source.pieces.flatMap((placed) => {
    const { syntax } = placed;
    if (isLeftBehind(placed)) return [];
    const name = nameOf(syntax) ?? "";
    const word = wordsOf(name).find((one) => refusedWords.includes(one));
    return word === undefined ? [] : [`${at(source, syntax)} calls something ${name}: "${word}" says nothing here`];
  });
  return [...inPath.map((word) => `${source.path}: "${word}" is no name for a file; say what it is for`), ...inside];
}

/** The name that an import gives up for one of ours. */
function isLeftBehind({ syntax, parent: placedIn }: Placed): boolean {
  const parent = placedIn?.syntax;
  if (parent?.type !== "ImportSpecifier" || parent.imported !== syntax) return false;
  return nameOf(parent.local) !== nameOf(syntax);
}

/** `aFineName`, `A_FINE_NAME` and `a/fine-name.ts` as words in small letters. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

/** A file that is too long to be about one thing. */
export function longFiles({ path, text }: Source): Finding[] {
  const lines = text.trimEnd().split("\n").length;
  return lines <= linesMax ? [] : [`${path} has ${lines} lines, more than ${linesMax}: part it by idea`];
}

const functions = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

/**
 * Functions too long to do one thing. The functions inside one count for themselves alone, so that a closure whose
 * functions share its variables is measured as a class and its methods are.
 */
export function longFunctions(source: Source): Finding[] {
  const all = functionsOf(source);
  return all.flatMap((one) => {
    const lines = ownLines(source, one, all);
    if (lines <= functionLinesMax) return [];
    return [`${at(source, one.syntax)} ${functionName(one)} has ${lines} lines, more than ${functionLinesMax}`];
  });
}

function ownLines({ text }: Source, outer: Placed, all: readonly Placed[]): number {
  const breaks = ({ syntax }: Placed): number => text.slice(syntax.start, syntax.end).split("\n").length - 1;
  const inner = all.filter((one) => functionAround(one) === outer);
  return breaks(outer) + 1 - inner.reduce((sum, one) => sum + breaks(one), 0);
}

function functionAround({ parent }: Placed): Placed | undefined {
  return parent === undefined || isFunction(parent) ? parent : functionAround(parent);
}

/**
 * Functions whose call no reader can tell the order of. A callback's order is its caller's choice, and so is a
 * parameter that is only there to be passed over.
 */
export function manyParameters(source: Source): Finding[] {
  return functionsOf(source).flatMap((one) => {
    const { syntax } = one;
    const parameters = Array.isArray(syntax.params) ? syntax.params : [];
    const count = parameters.filter((parameter) => nameOf(parameter)?.startsWith("_") !== true).length;
    if (count <= parametersMax || isArgument(one)) return [];
    const name = functionName(one);
    return [`${at(source, syntax)} ${name} takes ${count} positional parameters, more than ${parametersMax}`];
  });
}

function isArgument({ syntax, parent }: Placed): boolean {
  return parent?.syntax.type === "CallExpression" && parent.syntax.callee !== syntax;
}

function functionsOf(source: Source): Placed[] {
  return source.pieces.filter(isFunction);
}

function isFunction({ syntax }: Placed): boolean {
  return functions.includes(syntax.type);
}

function functionName({ syntax, parent }: Placed): string {
  return nameOf(syntax.id) ?? nameOf(parent?.syntax.key) ?? nameOf(parent?.syntax.id) ?? "a function";
}

/** Where the checker is told rather than asked: `any`, and `!` after what may be missing. */
export function unchecked(source: Source): Finding[] {
  return source.pieces.flatMap(({ syntax }) => {
    if (syntax.type === "TSAnyKeyword") return [`${at(source, syntax)} uses any: name the type, or take unknown`];
    if (syntax.type !== "TSNonNullExpression") return [];
    return [`${at(source, syntax)} asserts with ! that something is there: handle its absence`];
  });
}

/** Casts outside the adapters of dependencies. `as const` is none. */
export function casts(source: Source): Finding[] {
  if (adapters.includes(source.path)) return [];
  return source.pieces
    .filter(({ syntax }) => isCast(syntax))
    .map(({ syntax }) => `${at(source, syntax)} casts: narrow by a check instead, or annotate`);
}

function isCast({ type, typeAnnotation }: Syntax): boolean {
  if (type === "TSTypeAssertion") return true;
  const typeName = isSyntax(typeAnnotation) ? nameOf(typeAnnotation.typeName) : undefined;
  return type === "TSAsExpression" && typeName !== "const";
}

/** Spelt so that this file does not hold what it looks for. */
const suppression = /@ts-(?:ignore|expect-error|nocheck)|biome-[i]gnore/;
const reminder = /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b(?!\(#?\d+\))/;

/** Comments that silence a check, or promise what nobody has written down elsewhere. */
export function badComments({ path, text }: Source): Finding[] {
  return text.split("\n").flatMap((line, i) => {
    const place = `${path}:${i + 1}`;
    if (suppression.test(line)) return [`${place} silences a check: change the code that it complains of`];
    return reminder.test(line) ? [`${place} promises something without a number: do it, or write it down there`] : [];
  });
}

const machinePath = /(?:^|["'`\s(=]|file:\/\/)\/(?:home|Users|root|work|tmp|mnt)\/[\w.]/;

/** Lines of any text file that only mean something on one machine. */
export function machinePaths(path: string, text: string): Finding[] {
  return text
    .split("\n")
    .flatMap((line, i) => (machinePath.test(line) ? [`${path}:${i + 1} names a path of some machine`] : []));
}

const fetchedFrom = /"resolved": "[^"]*:\/\/|^\s*(?:@[\w-]+:)?registry\s*=/;

/** Lines of a lock file, or of the package tool's settings, that say where packages were fetched from. */
export function registryHosts(path: string, text: string): Finding[] {
  return text
    .split("\n")
    .flatMap((line, i) =>
      fetchedFrom.test(line) ? [`${path}:${i + 1} names a registry: install with omit-lockfile-registry-resolved`] : [],
    );
}
