import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { messageOf } from "../../src/errors.ts";
import { isRecord } from "../../src/protocol/record.ts";
import type { Judgments } from "./measures.ts";

/** A document as one flat text: its title, then its body. */
export type FlatDocument = { id: string; text: string };

/** The same with its parts kept apart. */
export type TitledDocument = { id: string; title: string; body: string };

export type JudgedQuery = { id: string; text: string; judgments: Judgments };

/** A test collection: documents to search, queries to ask, and what judges said of the pairs. */
export type Collection = {
  name: string;
  queries: JudgedQuery[];
  documents(): AsyncIterable<FlatDocument>;
};

export type TitledCollection = Collection & { titledDocuments(): AsyncIterable<TitledDocument> };

/**
 * Opens a directory that holds `docs.jsonl` (`{"id", "title", "body"}` a line), `queries.tsv` (id, text) and
 * `qrels.tsv` (query id, document id, grade). Only judged queries are kept. Throws an error that names file and line.
 */
export async function readCollection(directory: string): Promise<TitledCollection> {
  const [queriesText, judgmentsText] = await Promise.all([
    readText(join(directory, "queries.tsv")),
    readText(join(directory, "qrels.tsv")),
  ]);
  const judgments = parseJudgments(judgmentsText);
  const queries = parseQueries(queriesText).flatMap(({ id, text }) => {
    const judged = judgments.get(id);
    return judged === undefined ? [] : [{ id, text, judgments: judged }];
  });
  if (queries.length === 0) throw new Error(`no query of ${join(directory, "queries.tsv")} is judged in qrels.tsv`);
  return {
    name: basename(resolve(directory)),
    queries,
    documents: () => readLines(join(directory, "docs.jsonl"), parseDocument),
    titledDocuments: () => readLines(join(directory, "docs.jsonl"), parseTitledDocument),
  };
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: unknown) => {
    throw new Error(`--collection: ${path} cannot be read: ${messageOf(error)}`);
  });
}

/** The lines of a `queries.tsv`. A tab inside the text stays part of it. */
export function parseQueries(text: string): { id: string; text: string }[] {
  return linesOf(text).map(({ line, number }) => {
    const tab = line.indexOf("\t");
    if (tab < 1) throw new Error(`queries.tsv line ${number}: must be an id, a tab and the text`);
    return { id: line.slice(0, tab), text: line.slice(tab + 1).trim() };
  });
}

/** The lines of a `qrels.tsv`, by query. */
export function parseJudgments(text: string): Map<string, Map<string, number>> {
  const byQuery = new Map<string, Map<string, number>>();
  for (const { line, number } of linesOf(text)) {
    const [query = "", document = "", gradeText = "", ...rest] = line.split("\t");
    const grade = Number(gradeText);
    const fits = query !== "" && document !== "" && gradeText.trim() !== "" && Number.isFinite(grade);
    if (!fits || rest.length > 0) {
      throw new Error(`qrels.tsv line ${number}: must be a query id, a document id and a grade, parted by tabs`);
    }
    const grades = byQuery.get(query) ?? new Map<string, number>();
    byQuery.set(query, grades.set(document, grade));
  }
  return byQuery;
}

/** One line of a `docs.jsonl`; what follows the title and the body is left out. */
export function parseDocument(line: string, number: number): FlatDocument {
  const { id, title, body } = parseTitledDocument(line, number);
  return { id, text: [title, body].filter((part) => part !== "").join(" ") };
}

/** The same line with title and body apart; one that is missing, or no text, is empty. */
export function parseTitledDocument(line: string, number: number): TitledDocument {
  const where = `docs.jsonl line ${number}`;
  const { id, title, body } = parseObject(line, where);
  if (typeof id !== "string" || id === "") throw new Error(`${where}: "id" must be a string that is not empty`);
  return { id, title: typeof title === "string" ? title : "", body: typeof body === "string" ? body : "" };
}

function parseObject(line: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new Error(`${where}: not JSON`, { cause: error });
  }
  if (!isRecord(value)) throw new Error(`${where}: not an object`);
  return value;
}

async function* readLines<T>(path: string, parse: (line: string, number: number) => T): AsyncIterable<T> {
  let number = 0;
  for await (const line of linesIn(path)) {
    number++;
    if (line.trim() !== "") yield parse(line, number);
  }
}

/** Parts at line feeds alone: `node:readline` also does at U+2028, which JSON allows inside a string. */
async function* linesIn(path: string): AsyncIterable<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest;
}

function linesOf(text: string): { line: string; number: number }[] {
  return text
    .split("\n")
    .map((line, i) => ({ line: line.endsWith("\r") ? line.slice(0, -1) : line, number: i + 1 }))
    .filter(({ line }) => line.trim() !== "");
}
