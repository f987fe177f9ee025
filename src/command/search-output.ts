import { asList, asNumber, asRecord, asText } from "./answers.ts";
import { fromHighlight, plain } from "./plain-text.ts";
import { formatCount } from "./progress.ts";

const snippetLengthMax = 200;
const titleLengthMax = 100;
const titleFields = ["title", "name", "label"];
const bodyFields = ["body", "text", "description", "summary", "content"];

/** An answer to a search for people: hits, facets, and what it rests on. */
export function renderSearch(answer: unknown, { from }: { from: number }): string {
  const { hits, corrections, facets, cursor } = asRecord(answer);
  const blocks = [
    renderCorrections(asList(corrections)),
    asList(hits)
      .map((hit, i) => renderHit(asRecord(hit), from + i + 1))
      .join(""),
    renderFacets(asRecord(facets)),
    renderFooting(asRecord(answer)),
    typeof cursor === "string" ? `more: --cursor '${plain(cursor, Number.POSITIVE_INFINITY)}'\n` : "",
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function renderHit({ id, score, settled, document, highlights }: Record<string, unknown>, rank: number): string {
  const fields = asRecord(document);
  const title = firstText(fields, titleFields) ?? asText(id) ?? "";
  const known = [
    plain(asText(id) ?? "", Number.POSITIVE_INFINITY),
    shownScore(asNumber(score)),
    settled === false ? "may still change" : undefined,
  ];
  const head = `${String(rank).padStart(3)}. ${plain(title, titleLengthMax)}  (${known.filter(Boolean).join(", ")})\n`;
  const snippet = highlighted(asRecord(highlights)) ?? firstText(fields, bodyFields);
  return snippet === undefined ? head : `${head}     ${plain(snippet, snippetLengthMax)}\n`;
}

/** Small ones by their first digits: a ranking of nothing but 0.000 would look like none. */
function shownScore(score: number | undefined): string | undefined {
  return score !== undefined && score < 0.1 ? score.toPrecision(3) : score?.toFixed(3);
}

function firstText(fields: Record<string, unknown>, names: readonly string[]): string | undefined {
  return names.map((name) => asText(fields[name])).find((text) => text !== undefined && text !== "");
}

function highlighted(highlights: Record<string, unknown>): string | undefined {
  const fragments = Object.values(highlights).flatMap(asList).map(asText);
  const shown = fragments.filter((fragment) => fragment !== undefined).map(fromHighlight);
  return shown.length === 0 ? undefined : shown.join(" … ");
}

function renderCorrections(corrections: readonly unknown[]): string {
  return corrections
    .map(asRecord)
    .map(({ from, to }) => `looked for ${asList(to).join(" or ")} instead of ${asText(from) ?? ""}`)
    .map((line) => `${plain(line, snippetLengthMax)}\n`)
    .join("");
}

function renderFacets(facets: Record<string, unknown>): string {
  return Object.entries(facets)
    .map(([name, facet]) => {
      const buckets = asList(asRecord(facet).buckets).map(asRecord);
      const counts = buckets.map(({ value, count }) => `${String(value)} ${formatCount(asNumber(count) ?? 0)}`);
      return `${plain(`${name}: ${counts.join(", ")}`, Number.POSITIVE_INFINITY)}\n`;
    })
    .join("");
}

/** What the answer rests on: how many hits, how long it took, and which shards are in it. */
function renderFooting(answer: Record<string, unknown>): string {
  const { hits, total, coverage, shards, complete, timing, afterReached } = answer;
  const { value, exact } = asRecord(total);
  const { tookMs, budgetMs } = asRecord(timing);
  const found = `${exact === false ? "at least " : ""}${formatCount(asNumber(value) ?? 0)} found`;
  const took = `${(asNumber(tookMs) ?? 0).toFixed(1)} of ${asNumber(budgetMs) ?? 0} ms`;
  const lines = [`${asList(hits).length} shown, ${found}, ${took}, ${renderCoverage(asRecord(coverage))}`];
  if (afterReached === false)
    lines.push("  the write of --after may not be in it; a larger --budget-ms gives it more time");
  if (complete !== true) lines.push(...asList(shards).map(asRecord).filter(isIncomplete).map(renderShard));
  return `${lines.join("\n")}\n`;
}

function renderCoverage({ documents, shards }: Record<string, unknown>): string {
  const { total, complete } = asRecord(shards);
  const share = asNumber(documents) ?? 0;
  const searched = share === 1 ? "all documents" : `${(Math.floor(share * 1000) / 10).toFixed(1)} % of the documents`;
  return `${searched} searched (${asNumber(complete) ?? 0} of ${asNumber(total) ?? 0} shards whole)`;
}

function isIncomplete({ outcome }: Record<string, unknown>): boolean {
  return outcome !== "complete";
}

function renderShard({ shard, outcome, leaf }: Record<string, unknown>): string {
  const where = typeof leaf === "string" ? ` on ${leaf}` : "";
  return `  ${plain(`shard ${asNumber(shard) ?? "?"}: ${asText(outcome) ?? "unknown"}${where}`, snippetLengthMax)}`;
}
