import { type Hit, hitComparator } from "../protocol/hit.ts";
import type { Plan } from "../protocol/plan.ts";
import type { SearchBody } from "../protocol/search-request.ts";
import { writeCursor } from "../query/cursor.ts";
import type { Planned } from "../query/plan.ts";
import { writeAnswer } from "./answer.ts";
import type { CatalogIndex } from "./catalog.ts";
import { facetsOf } from "./facets.ts";
import type { Gathered } from "./gathered.ts";
import { tellsOfAll } from "./known-documents.ts";
import { type MergedHit, mergeHits } from "./merge.ts";
import { profileOf } from "./profile.ts";
import type { ScatterResult } from "./scatter.ts";
import { isSettledBy } from "./settled.ts";
import { shownPage } from "./shown-value.ts";
import type { Verdict } from "./verdict.ts";

/** What a page is made of, once enough has come in. */
export type PageSources = {
  body: SearchBody;
  planned: Planned;
  page: { from: number; size: number };
  gathered: Gathered;
  verdict: Verdict;
};

/** An answer but for what is each caller's own, and whether the leaves told all that was asked of its hits. */
export type WrittenPage = { written: Buffer; isDetailed: boolean };

/** Merges the shards' hits into one page and writes it down together with what it rests on. */
export function writePage(index: CatalogIndex, sources: PageSources): WrittenPage {
  const { body, planned, gathered, verdict } = sources;
  const { plan, documents, documentsLeftOut, corrections } = planned;
  const { result, attempts } = gathered;
  const hits = mergedPage(index, sources);
  const total = totalOf(result, verdict.coverage.shards.missing === 0 && documentsLeftOut === 0);
  // Members that are undefined are not written.
  const written = writeAnswer(plan.index, shownPage(hits, plan, index.definition.settings), {
    total,
    complete: verdict.complete,
    coverage: verdict.coverage,
    shards: verdict.shards,
    facets: plan.facets === undefined ? undefined : facetsOf(plan.facets, { ...result, documentsLeftOut }, index),
    cursor: cursorBehind(hits, total, sources),
    statistics: { epoch: plan.epoch, documents },
    corrections: corrections.length === 0 ? undefined : corrections,
    profile: body.profile === true ? profileOf(attempts, gathered) : undefined,
  });
  return { written, isDetailed: hits.every(({ hit }) => hasDetails(hit, plan)) };
}

function mergedPage(index: CatalogIndex, { page, gathered: { plan, result } }: PageSources): MergedHit[] {
  return mergeHits(result.answers, {
    ...page,
    compare: hitComparator(plan.sort),
    isSettled: isSettledBy(plan, result, {
      statistics: index.statistics,
      isKnown: (shard) => tellsOfAll(index, shard),
    }),
  });
}

type Total = { value: number; exact: boolean };

function totalOf({ answers }: ScatterResult, isWhole: boolean): Total {
  const value = answers.reduce((sum, { reply }) => sum + reply.total, 0);
  return { value, exact: isWhole && answers.every(({ reply }) => reply.totalExact) };
}

/** Where the next page begins; null where nothing comes any more. */
function cursorBehind(
  hits: readonly MergedHit[],
  total: Total,
  { body, planned, page: { from, size } }: PageSources,
): string | null {
  const last = hits.at(-1)?.hit;
  // From the beginning it is known how many have been shown; behind a cursor a page that is not full tells.
  const shown = body.cursor === undefined && total.exact ? from + hits.length : 0;
  const isLastPage = hits.length < size || shown >= total.value;
  return last === undefined || isLastPage ? null : writeCursor(body, planned, last);
}

/** Whether the leaf had time for all that it was asked to tell of a hit; an answer without is not one to keep. */
function hasDetails({ highlights, explanation }: Hit, plan: Plan): boolean {
  return (
    (plan.highlight === undefined || highlights !== undefined) && (plan.explain !== true || explanation !== undefined)
  );
}
