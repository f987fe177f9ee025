import { expect } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { startCluster } from "../support/cluster.ts";
import type { Crew } from "./crew.ts";
import { crashIndex, documentOf, vocabulary, wordAt } from "./document.ts";
import { send } from "./request.ts";

/** Other leaves, fewer of them, which have never heard of anything. */
const freshLeaves = 2;
/** Each question as often, so that every replica has its turn. */
const askedTimes = 4;
const budgetMs = 30_000;

const queries: readonly object[] = [
  { query: "", sort: ["year", "_score"], facets: ["shelf"] },
  { query: "ledger" },
  ...Array.from({ length: 20 }, (_, i) => ({ query: `${wordAt(i * 2)} ${wordAt(vocabulary - 1 - i)}` })),
  { query: `+${wordAt(1)} ${wordAt(30)} -${wordAt(2)}`, facets: ["shelf"] },
  { query: `"${wordAt(0)} ${wordAt(1)}"` },
  { query: wordAt(3), filter: { year: { gte: 1950 }, shelf: ["shelf 1", "shelf 2"] }, sort: ["-year"] },
];

/**
 * The search over what survived equals that of a new cluster which reads the log from its beginning, bit for bit, and
 * finds as many documents of each word as were acknowledged. Ends the crew's roots: an embedded log has one owner.
 */
export async function compareWithFresh(
  crew: Crew,
  { standing, token }: { standing: ReadonlyMap<string, number>; token: number },
): Promise<void> {
  const survived: unknown[] = [];
  for (const query of queries) survived.push(await sameFromAll(crew, query));
  await judgeCounts(crew, standing);
  await Promise.all(crew.roots.map((root) => root.kill()));
  const options = crew.logFlags.length > 0 ? { flags: crew.logFlags } : { data: crew.rootData };
  const fresh = await startCluster({ leaves: freshLeaves, ...options });
  try {
    await expect.poll(async () => (await fresh.request("GET", "/readyz")).status, { timeout: budgetMs }).toBe(200);
    for (const [i, query] of queries.entries()) {
      const body = { size: 100, budgetMs, cache: false, after: String(token), ...query };
      const answer = await fresh.request("POST", `/v1/indexes/${crashIndex}/search`, body);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      expect(essence(answer.body)).toEqual(survived[i]);
    }
  } finally {
    await fresh.close();
  }
}

/** What every root says, through whichever replicas: one and the same. */
async function sameFromAll(crew: Crew, query: object): Promise<unknown> {
  const answers: unknown[] = [];
  for (const { url } of crew.roots) {
    for (let i = 0; i < askedTimes; i++) answers.push(essence(await ask(url, query)));
  }
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  return answers[0];
}

async function ask(url: string, query: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ size: 100, budgetMs, cache: false, ...query });
  const headers = { "content-type": "application/json" };
  const reply = await send(url, { method: "POST", path: `/v1/indexes/${crashIndex}/search`, headers, body });
  if (reply.kind === "lost") throw new Error(`a search was not answered: ${reply.why}`);
  expect(reply).toMatchObject({ status: 200, body: { complete: true } });
  return reply.body;
}

/** How many documents hold each word, counted without any index. */
async function judgeCounts({ roots }: Crew, standing: ReadonlyMap<string, number>): Promise<void> {
  const counts = new Map<string, number>();
  for (const [id, stamp] of standing) {
    const { title, body } = documentOf(id, stamp);
    for (const word of new Set(`${title} ${body}`.split(" "))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  for (let place = 0; place < vocabulary; place++) {
    const query = { query: wordAt(place), typos: 0, size: 0 };
    const { total } = await ask(roots[place % roots.length]?.url ?? "", query);
    expect([wordAt(place), total]).toEqual([wordAt(place), { value: counts.get(wordAt(place)) ?? 0, exact: true }]);
  }
}

/** What must not depend on who answers, or on which shards there are; the epoch is a root's own. */
function essence(body: Record<string, unknown>): unknown {
  const { hits, total, facets, complete, statistics } = body;
  return { hits, total, facets, complete, documents: isRecord(statistics) ? statistics.documents : undefined };
}
