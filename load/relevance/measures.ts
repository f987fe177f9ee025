/** What judges said of one query: document id to grade. A grade above 0 is relevant; a document not in it is not. */
export type Judgments = ReadonlyMap<string, number>;

/** The figures of a collection: means over its judged queries, each 0 to 1. */
export type Measures = { queries: number; ndcg10: number; map: number; recall100: number };

/** A query's ranked answer, best first, beside what judges said of it. */
export type JudgedRanking = { ranking: readonly string[]; judgments: Judgments };

/**
 * nDCG at `depth` as trec_eval has it: the gain is the grade itself, the discount log2(rank + 1), and the ideal is the
 * best order of everything that was judged (Jarvelin and Kekalainen 2002). 0 where nothing is relevant.
 */
export function ndcg(ranking: readonly string[], judgments: Judgments, depth: number): number {
  const gains = distinct(ranking).map((id) => Math.max(0, judgments.get(id) ?? 0));
  const ideal = [...judgments.values()].filter((grade) => grade > 0).sort((a, b) => b - a);
  const best = discounted(ideal, depth);
  return best === 0 ? 0 : discounted(gains, depth) / best;
}

function discounted(gains: readonly number[], depth: number): number {
  return gains.slice(0, depth).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
}

/**
 * Average precision over the whole ranking: the precision at the rank of each relevant document, summed, divided by
 * the number of relevant documents, found or not. 0 where nothing is relevant.
 */
export function averagePrecision(ranking: readonly string[], judgments: Judgments): number {
  let found = 0;
  let sum = 0;
  distinct(ranking).forEach((id, i) => {
    if (!isRelevant(judgments, id)) return;
    found++;
    sum += found / (i + 1);
  });
  const relevant = relevantCount(judgments);
  return relevant === 0 ? 0 : sum / relevant;
}

/** The share of the relevant documents that are among the first `depth`. 0 where nothing is relevant. */
export function recall(ranking: readonly string[], judgments: Judgments, depth: number): number {
  const relevant = relevantCount(judgments);
  const found = distinct(ranking)
    .slice(0, depth)
    .filter((id) => isRelevant(judgments, id)).length;
  return relevant === 0 ? 0 : found / relevant;
}

/** How many documents are relevant to a query. */
export function relevantCount(judgments: Judgments): number {
  return [...judgments.values()].filter((grade) => grade > 0).length;
}

/**
 * The means over all queries that have a relevant document; a query that was answered with nothing counts as 0. The
 * average precision is that of the rankings as they are given, so its depth is theirs.
 */
export function measure(rankings: readonly JudgedRanking[]): Measures {
  const judged = rankings.filter(({ judgments }) => relevantCount(judgments) > 0);
  const mean = (figure: (judged: JudgedRanking) => number): number =>
    judged.length === 0 ? 0 : judged.reduce((sum, ranking) => sum + figure(ranking), 0) / judged.length;
  return {
    queries: judged.length,
    ndcg10: mean(({ ranking, judgments }) => ndcg(ranking, judgments, 10)),
    map: mean(({ ranking, judgments }) => averagePrecision(ranking, judgments)),
    recall100: mean(({ ranking, judgments }) => recall(ranking, judgments, 100)),
  };
}

function isRelevant(judgments: Judgments, id: string): boolean {
  return (judgments.get(id) ?? 0) > 0;
}

/** A ranking that names a document twice earns nothing by it. */
function distinct(ranking: readonly string[]): string[] {
  return [...new Set(ranking)];
}
