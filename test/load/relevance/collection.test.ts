import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocument, parseJudgments, parseQueries, readCollection } from "../../../load/relevance/collection.ts";

describe("readCollection", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "collection-"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  async function write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  }

  it("names the flag where there is no such directory", async () => {
    const nowhere = join(directory, "nope");
    await expect(readCollection(nowhere)).rejects.toThrow(
      `--collection: ${join(nowhere, "queries.tsv")} cannot be read`,
    );
  });

  it("joins the three files, keeps judged queries only and names itself after the directory", async () => {
    await write({
      "docs.jsonl": '{"id":"d1","title":"One","body":"first"}\n\n{"id":"d2","title":"","body":"second"}\n',
      "queries.tsv": "q1\twhat is one\nq2\tnever judged\n",
      "qrels.tsv": "q1\td1\t2\nq1\td2\t0\n",
    });
    const collection = await readCollection(directory);
    expect(collection.name).toBe(basename(directory));
    const judgments = new Map(Object.entries({ d1: 2, d2: 0 }));
    expect(collection.queries).toEqual([{ id: "q1", text: "what is one", judgments }]);
    expect(await Array.fromAsync(collection.documents())).toEqual([
      { id: "d1", text: "One first" },
      { id: "d2", text: "second" },
    ]);
  });

  it("parts documents at line feeds alone, whatever else JSON lets a string hold, and at no chunk's end", async () => {
    const body = "a\u2028b\u2029é".repeat(50_000);
    const line = JSON.stringify({ id: "d", body });
    await write({ "docs.jsonl": `${line}\r\n${line}`, "queries.tsv": "q\ttext\n", "qrels.tsv": "q\td\t1\n" });
    const documents = await Array.fromAsync((await readCollection(directory)).documents());
    expect(documents).toEqual([
      { id: "d", text: body },
      { id: "d", text: body },
    ]);
  });

  it("names the line of a document that does not fit", async () => {
    await write({ "docs.jsonl": '{"id":"d1"}\n\n{"id":7}\n', "queries.tsv": "q\ttext\n", "qrels.tsv": "q\td1\t1\n" });
    const collection = await readCollection(directory);
    await expect(Array.fromAsync(collection.documents())).rejects.toThrow("docs.jsonl line 3");
  });

  it("refuses a collection in which no query is judged, since its figures would be zeros of nothing", async () => {
    await write({ "docs.jsonl": "", "queries.tsv": "q1\ttext\n", "qrels.tsv": "other\td1\t1\n" });
    await expect(readCollection(directory)).rejects.toThrow("no query");
  });
});

describe("the lines", () => {
  it("may end as on Windows, and a query's text may hold tabs", () => {
    expect(parseQueries("q1\tsome text\r\nq2\ta\tb\r\n")).toEqual([
      { id: "q1", text: "some text" },
      { id: "q2", text: "a\tb" },
    ]);
    expect(parseJudgments("q1\td1\t1\r\n").get("q1")?.get("d1")).toBe(1);
  });

  it.each(["q1 d1 1", "q1\td1", "q1\td1\t", "q1\td1\tmany", "\td1\t1", "q1\t0\td1\t1"])(
    "refuses the judgment %j and says which line it is",
    (line) => {
      expect(() => parseJudgments(`q\td\t1\n\n${line}\n`)).toThrow("qrels.tsv line 3");
    },
  );

  it.each(["no tab", "\tno id"])("refuses the query %j", (line) => {
    expect(() => parseQueries(line)).toThrow("queries.tsv line 1");
  });

  it.each(["{", "[]", "null", "{}", '{"id":""}'])("refuses the document %j", (line) => {
    expect(() => parseDocument(line, 4)).toThrow("docs.jsonl line 4");
  });
});
