import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAnalyzer, type Token } from "../../src/engine/analyzer.ts";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 3 });
});

afterAll(() => cluster.close());

const layouts = [1, 3, 8];
const analyzer = createAnalyzer({ language: "en" });
const fields = ["title", "body"] as const;
type Document = { id: string; title: string; body: string | string[] };

const words = ["wind", "winds", "the", "of", "measuring", "measured", "wi-fi", "sea", "C++", "漢字"];
const text = (maxLength: number) => fc.array(fc.constantFrom(...words), { maxLength }).map((all) => all.join(" "));
const documents = fc.uniqueArray(
  fc.record({ id: fc.nat(99).map((n) => `d${n}`), title: text(3), body: fc.oneof(text(9), fc.array(text(4))) }),
  { selector: ({ id }) => id, minLength: 10, maxLength: 50 },
);

/** A piece of a query and what it asks for, told by the one who wrote it and not by a parser. */
type Piece = { sign: "" | "+" | "-"; field: (typeof fields)[number] | undefined; quoted: boolean; words: string };
const piece: fc.Arbitrary<Piece> = fc
  .record({
    sign: fc.constantFrom("", "", "", "+", "-"),
    field: fc.constantFrom(undefined, undefined, ...fields),
    quoted: fc.boolean(),
    words: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }),
  })
  .map(({ words: all, ...rest }) => ({ ...rest, words: rest.quoted ? all.join(" ") : (all[0] ?? "") }));
const search: fc.Arbitrary<Search> = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 4 }),
  match: fc.constantFrom<Search["match"][]>("any", "all", 50, 100),
});
type Search = { pieces: Piece[]; match: "any" | "all" | number };

const written = ({ sign, field, quoted, words: text }: Piece): string =>
  `${sign}${field === undefined ? "" : `${field}:`}${quoted ? `"${text}"` : text}`;

/** What a piece asks for: some terms each by itself, or all of them side by side. */
function wishesOf({ sign, quoted, words: text }: Piece): Token[][] {
  const tokens = analyzer.analyze(text);
  if (tokens.length === 0) return [];
  return quoted || sign === "-" ? [tokens] : tokens.map((token) => [token]);
}

function stands(wish: readonly Token[], texts: readonly string[]): boolean {
  const [first] = wish;
  return texts.some((one) => {
    const at = new Map(analyzer.analyze(one).map(({ position, term }) => [position, term]));
    return [...at.keys()].some((start) =>
      wish.every(({ term, position }) => at.get(start + position - (first?.position ?? 0)) === term),
    );
  });
}

function matches(document: Document, { pieces, match }: Search): boolean {
  const met = pieces.flatMap((one) =>
    wishesOf(one).map((wish) => {
      const texts = (one.field === undefined ? fields : [one.field]).flatMap((field) => document[field]);
      return { sign: one.sign, holds: stands(wish, texts) };
    }),
  );
  const wanted = met.filter(({ sign }) => sign !== "-");
  if (met.some(({ sign, holds }) => (sign === "-" && holds) || (sign === "+" && !holds))) return false;
  if (wanted.length === 0) return pieces.every(({ sign }) => sign === "-");
  const optional = wanted.filter(({ sign }) => sign === "");
  const required = wanted.length - optional.length;
  const share = match === "all" ? 100 : match;
  const least = share === "any" ? (required > 0 ? 0 : 1) : Math.max(1, Math.floor((optional.length * share) / 100));
  return optional.length === 0 || optional.filter(({ holds }) => holds).length >= least;
}

describe("phrases, signs and match", () => {
  it("find what a reader would find, on every layout with the same scores, highlights and explanations", async () => {
    let round = 0;
    let found = 0;
    await fc.assert(
      fc.asyncProperty(documents, fc.array(search, { minLength: 20, maxLength: 20 }), async (corpus, searches) => {
        round++;
        const answers = await Promise.all(
          layouts.map((shards) => answersOf(`p${round}-${shards}`, shards, { corpus, searches })),
        );
        for (const other of answers) expect(other).toEqual(answers[0]);
        answers[0]?.forEach(({ ids, total }, i) => {
          const asked = searches[i];
          if (asked === undefined) return;
          const expected = corpus.filter((document) => matches(document, asked)).map(({ id }) => id);
          expect({ query: asked.pieces.map(written), ids: [...ids].sort() }).toEqual({
            query: asked.pieces.map(written),
            ids: expected.sort(),
          });
          expect(total).toEqual({ value: expected.length, exact: true });
          found += expected.length;
        });
      }),
      { seed: 341, numRuns: 6 },
    );
    expect(found).toBeGreaterThan(200);
  });
});

type Answer = { ids: string[]; hits: unknown; total: unknown };

async function answersOf(
  index: string,
  shards: number,
  { corpus, searches }: { corpus: readonly Document[]; searches: readonly Search[] },
): Promise<Answer[]> {
  const settings = { fields: { title: { type: "text", boost: 2 }, body: { type: "text" } }, shards, replicas: 1 };
  await cluster.request("PUT", `/v1/indexes/${index}`, settings);
  const after = await cluster.load(index, corpus);
  const answers: Answer[] = [];
  for (const { pieces, match } of searches) {
    const query = pieces.map(written).join(" ");
    const options = { typos: 0, size: 100, highlight: true, explain: true, after, budgetMs: 20_000 };
    const { status, body } = await cluster.request("POST", `/v1/indexes/${index}/search`, { query, match, ...options });
    expect(status).toBe(200);
    const hits = Array.isArray(body.hits) ? body.hits.filter(isRecord) : [];
    answers.push({ ids: hits.map(({ id }) => String(id)), hits, total: body.total });
  }
  await cluster.request("DELETE", `/v1/indexes/${index}`);
  return answers;
}
