import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { library, type PeerKind, wordsOf } from "../peer.ts";

const find = `select id, -rank as score, title from documents where documents match ? order by rank limit ?`;

/** SQLite's FTS5 in a file, with its Porter stemmer and its own bm25. */
export const sqlite: PeerKind = {
  name: "SQLite FTS5",
  missing: () => undefined,
  async start({ documents, directory }) {
    const database = new DatabaseSync(join(directory, "documents.sqlite"));
    database.exec(
      `create virtual table documents using fts5(id unindexed, title unindexed, text, tokenize = 'porter unicode61')`,
    );
    const insert = database.prepare("insert into documents (id, title, text) values (?, ?, ?)");
    database.exec("begin");
    for (const { id, title, text } of documents) insert.run(id, title, text);
    database.exec("commit");
    database.exec("insert into documents (documents) values ('optimize')");
    const found = database.prepare(find);
    const peer = library("SQLite FTS5", (query, size) => {
      const wanted = wordsOf(query).map((word) => `"${word}"`);
      if (wanted.length === 0) return [];
      return found
        .all(wanted.join(" OR "), size)
        .map(({ id, score, title }) => ({ id: String(id), score: Number(score), title: String(title) }));
    });
    return { ...peer, stop: async () => database.close() };
  },
};
