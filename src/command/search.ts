import { budgetMsLimit, numberIn, type SearchBody } from "../protocol/search-request.ts";
import { systemTimers, type Timers } from "../time.ts";
import { askWithin } from "./ask-within.ts";
import { accepted } from "./client.ts";
import { exitCodes, type Invocation, runClientCommand } from "./client-command.ts";
import type { FlagValues } from "./flags.ts";
import { indexPath } from "./index-path.ts";
import type { CommandIo } from "./io.ts";
import { renderSearch } from "./search-output.ts";

const usage = `hedgerow search "words": ask, and show hits, coverage and time

"quoted words" are a phrase, +word is required, -word excluded, field:word looks in one field. Put -- before words that
begin with a dash. Everything else goes by flags, as in the API:`;

/** What an answer may take on top of its budget, for the network. */
const graceMs = 1_000;

const flags = {
  index: { kind: "text", placeholder: "NAME", reason: "the index to search (demo)" },
  size: { kind: "number", max: 1000, isWhole: true, reason: "hits to show (10)" },
  from: { kind: "number", isWhole: true, reason: "hits to pass over (0)" },
  cursor: { kind: "text", reason: "go on where the last answer's cursor says" },
  match: { kind: "text", placeholder: "any|all|PERCENT", reason: "how many of the words must match (any)" },
  fields: { kind: "list", placeholder: "A,B^2", reason: "text fields to search, each with an optional boost" },
  prefix: { kind: "switch", reason: "the last word is still being typed" },
  typos: { kind: "text", oneOf: ["auto", "0", "1", "2"], reason: "most edits for a word that the index lacks (auto)" },
  filter: { kind: "json", reason: `conditions, such as '{"category": "animal"}'` },
  facets: { kind: "list", reason: "count the values of these fields" },
  sort: { kind: "list", placeholder: "A,-B", reason: "order by these fields, - for descending" },
  highlight: { kind: "switchOrList", reason: "show where it matched" },
  returned: { kind: "list", reason: "fields of each document to return" },
  budgetMs: { kind: "number", min: 1, max: budgetMsLimit, reason: "milliseconds the answer may take" },
  minCoverage: { kind: "number", max: 1, reason: "share of the documents below which to fail" },
  hedge: { kind: "switch", isOn: true, reason: "send no second attempts" },
  after: { kind: "text", placeholder: "TOKEN", reason: "wait for the write with this token" },
  cache: { kind: "switch", isOn: true, reason: "do not answer from the cache" },
  explain: { kind: "switch", reason: "the arithmetic of each score (with --json)" },
  profile: { kind: "switch", reason: "the timeline of every attempt (with --json)" },
} as const;

/** `hedgerow search`. Resolves to the exit code: 0 answered (in part, too; it says so), 1 refused, 2 misused. */
export function run(args: string[], io: CommandIo, timers: Timers = systemTimers): Promise<number> {
  return runClientCommand({ usage, flags }, { args, io }, (invocation) => search(invocation, timers));
}

type Searching = Invocation<typeof flags>;

async function search({ values, words, client, io, isJson }: Searching, timers: Timers): Promise<number> {
  const path = `${indexPath(values.index ?? "demo")}/search`;
  const json = searchBody(words.join(" "), values);
  // Without a budget of its own the service's default holds, which may be as large as any.
  const limitMs = (values.budgetMs ?? budgetMsLimit) + graceMs;
  const answer = await askWithin(limitMs, { url: client.url, timers, stderr: io.stderr }, (signal) =>
    client.request(path, { method: "POST", json, signal }),
  );
  const { body } = accepted(answer);
  io.stdout(isJson ? `${JSON.stringify(body)}\n` : renderSearch(body, { from: values.from ?? 0 }));
  return exitCodes.done;
}

/** The request that the flags describe. What only the service can judge is left to it. */
function searchBody(query: string, values: FlagValues<typeof flags>): Record<keyof SearchBody, unknown> {
  return {
    query,
    match: asNumberIfOne(values.match),
    fields: values.fields,
    prefix: values.prefix,
    typos: asNumberIfOne(values.typos),
    filter: values.filter,
    facets: values.facets,
    sort: values.sort,
    size: values.size,
    from: values.from,
    cursor: values.cursor,
    highlight: values.highlight,
    returned: values.returned,
    budgetMs: values.budgetMs,
    minCoverage: values.minCoverage,
    hedge: values.hedge,
    after: values.after,
    cache: values.cache,
    explain: values.explain,
    profile: values.profile,
  };
}

function asNumberIfOne(text: string | undefined): string | number | undefined {
  return text === undefined ? undefined : numberIn(text);
}
