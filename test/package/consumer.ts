/**
 * What somebody writes who has installed the package. The test compiles it there, against the package's own types, and
 * runs it with the service's address as its argument.
 */
export const consumerProgram = `
import { Hedgerow, RequestRefused, type SearchAnswer } from "hedgerow";

type Book = { id: string; title: string; year: number };

const url = process.argv[2] ?? "";
const hedgerow = new Hedgerow({ url: [url], budgetMs: 2000 });

await hedgerow.createIndex("books", {
  fields: { title: { type: "text" }, year: { type: "number" } },
  shards: 2,
  replicas: 1,
});

async function* books() {
  for (let i = 0; i < 500; i++) yield { id: String(i), title: i === 7 ? "walden pond" : "book " + i, year: 1500 + i };
}

const written = await hedgerow.bulk("books", books());
const answer: SearchAnswer<Book> = await hedgerow.search<Book>("books", {
  query: "walden",
  filter: { year: { gte: 1500 } },
  after: written.token,
});
const title: string | undefined = answer.hits[0]?.document?.title;

const { version } = await hedgerow.put("books", { id: "7", title: "walden again", year: 1854 });
const conflict = await hedgerow.put("books", { id: "7", title: "lost", year: 1 }, { ifVersion: version - 1 }).catch((error: unknown) => error);
const stored = await hedgerow.get<Book>("books", "7");

const { library } = await hedgerow.setAliases({ library: "books" });

const controller = new AbortController();
controller.abort(new Error("typed on"));
const cancelled = await hedgerow.search("books", "x", { signal: controller.signal }).catch((error: unknown) => error);

console.log(JSON.stringify({
  accepted: written.accepted,
  title,
  complete: answer.complete,
  coverage: answer.coverage.documents,
  conflict: conflict instanceof RequestRefused ? conflict.answer.status : String(conflict),
  stored: stored?.document.title,
  library,
  cancelled: cancelled instanceof Error ? cancelled.message : cancelled,
}));
`;

/** What the types must not let pass. */
export const mistakenProgram = `
import { Hedgerow } from "hedgerow";
await new Hedgerow({ url: "http://127.0.0.1" }).search("books", { querry: "walden" });
`;

/** A consumer's compiler settings: strict, and checking the package's declarations as well. */
export const consumerSettings = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2024", "esnext", "dom"],
    module: "nodenext",
    moduleResolution: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: [],
    outDir: "out",
  },
  files: ["consumer.ts", "process.d.ts"],
};
