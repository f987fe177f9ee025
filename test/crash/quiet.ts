import { isRecord } from "../../src/protocol/record.ts";
import { sleep } from "../../src/time.ts";
import { eventually } from "../support/up.ts";
import type { Crew } from "./crew.ts";
import { crashIndex } from "./document.ts";
import type { Found, History } from "./history.ts";
import { send } from "./request.ts";
import { stampIn, stateIn } from "./writer.ts";

const patienceMs = 90_000;
const readersAtOnce = 12;
const searchBudgetMs = 30_000;
/** Acknowledged writes can be searched within a second; machines under test may be slower. */
const lagMsMax = 5_000;
const lagPauseMs = 50;

/** Waits until every program runs and every root can ask every replica. */
export async function everythingServes({ programs, roots }: Crew): Promise<void> {
  const dead = programs.filter(({ alive }) => !alive).map(({ name }) => name);
  if (dead.length > 0) throw new Error(`${dead.join(", ")} ended without having been killed`);
  for (const { name, url } of roots) {
    await eventually(`${name} can ask every replica`, () => canAskAll(url), patienceMs);
  }
}

async function canAskAll(url: string): Promise<boolean> {
  const ready = await send(url, { method: "GET", path: "/readyz" });
  if (ready.kind === "lost" || ready.status !== 200) return false;
  const report = await send(url, { method: "GET", path: "/v1/cluster" });
  const text = JSON.stringify(report);
  return !text.includes('"unreachable"') && !text.includes('"catching-up"');
}

/** Writes a document of no writer's; answers the token after which everything that was written before it is seen. */
export async function drawLine(rootUrl: string): Promise<number> {
  const path = `/v1/indexes/${crashIndex}/documents/${encodeURIComponent("ledger/line")}`;
  const headers = { "content-type": "application/json" };
  const reply = await send(rootUrl, {
    method: "PUT",
    path,
    headers,
    body: JSON.stringify({ title: "line", entries: [] }),
  });
  if (reply.kind === "lost" || reply.status >= 300) throw new Error(`a write was answered ${JSON.stringify(reply)}`);
  return Number(reply.body.version);
}

/** What the log has of every document that was ever written, read through one of the roots. */
export async function readAll(rootUrl: string, ids: readonly string[]): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  const waiting = [...ids];
  const reader = async (): Promise<void> => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const path = `/v1/indexes/${crashIndex}/documents/${encodeURIComponent(id)}`;
      const reply = await send(rootUrl, { method: "GET", path });
      if (reply.kind === "lost") throw new Error(`GET ${id} was not answered: ${reply.why}`);
      const { stamp, version } = stateIn(id, reply);
      found.set(id, { stamp, version });
    }
  };
  await Promise.all(Array.from({ length: readersAtOnce }, reader));
  return found;
}

type Expected = { standing: ReadonlyMap<string, number>; history: History; shards: number };

/**
 * Holds what every root finds, and what every replica of every leaf says by itself, against what stands. Returns what
 * is wrong.
 */
export async function judgeReplicas(crew: Crew, expected: Expected): Promise<string[]> {
  const { standing, history } = expected;
  const wrongs: string[] = [];
  for (const { name, url } of crew.roots) {
    wrongs.push(...differences(`${name} finds`, await searchAll(url, history.token), standing));
  }
  // A leaf waits for no write when it is asked itself: what is wrong is what stays so.
  let ofLeaves = await judgeLeaves(crew, expected);
  for (let waitedMs = 0; ofLeaves.length > 0 && waitedMs < lagMsMax; waitedMs += lagPauseMs) {
    await sleep(lagPauseMs);
    ofLeaves = await judgeLeaves(crew, expected);
  }
  return [...wrongs, ...ofLeaves];
}

async function judgeLeaves({ leaves }: Crew, { standing, shards }: Expected): Promise<string[]> {
  const wrongs: string[] = [];
  const shardOf = new Map<string, number>();
  for (let shard = 0; shard < shards; shard++) {
    const copies: { name: string; held: Map<string, number> }[] = [];
    for (const { name, url } of leaves) {
      const held = await shardAt(url, shard);
      if (held !== undefined) copies.push({ name, held });
    }
    const [first] = copies;
    if (first === undefined) wrongs.push(`nobody holds shard ${shard}`);
    for (const id of first?.held.keys() ?? []) {
      const other = shardOf.get(id);
      if (other !== undefined) wrongs.push(`${id} is in shards ${other} and ${shard}`);
      shardOf.set(id, shard);
    }
    for (const { name, held } of copies) {
      wrongs.push(...differences(`${name} has in shard ${shard}`, held, first?.held ?? new Map()));
    }
  }
  const missing = [...standing.keys()].filter((id) => !shardOf.has(id));
  if (missing.length > 0) wrongs.push(`no shard has ${missing.slice(0, 5).join(", ")} (${missing.length} in all)`);
  const extra = [...shardOf.keys()].filter((id) => !standing.has(id) && !isLedger(id));
  if (extra.length > 0) wrongs.push(`a shard has ${extra.slice(0, 5).join(", ")}, which do not stand`);
  return wrongs;
}

function differences(who: string, seen: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): string[] {
  const wrongs: string[] = [];
  for (const [id, stamp] of expected) {
    if (seen.get(id) !== stamp) wrongs.push(`${who} ${id} as of ${seen.get(id)}, not ${stamp}`);
  }
  for (const id of seen.keys()) if (!expected.has(id)) wrongs.push(`${who} ${id}, which does not stand`);
  return wrongs.slice(0, 5);
}

/** All documents, as a search by cursor finds them. */
async function searchAll(rootUrl: string, token: number): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  let cursor: unknown;
  do {
    const fixed = { after: String(token), size: 200, budgetMs: searchBudgetMs, cache: false };
    const body = JSON.stringify({ ...fixed, ...(cursor === undefined ? {} : { cursor }) });
    const headers = { "content-type": "application/json" };
    const path = `/v1/indexes/${crashIndex}/search`;
    const reply = await send(rootUrl, { method: "POST", path, headers, body });
    if (reply.kind === "lost" || reply.status !== 200 || reply.body.complete !== true) {
      throw new Error(`a search of everything was answered ${JSON.stringify(reply).slice(0, 600)}`);
    }
    const hits = Array.isArray(reply.body.hits) ? reply.body.hits.filter(isRecord) : [];
    for (const { id, document } of hits) addStamp(seen, id, document);
    cursor = hits.length === 0 ? undefined : reply.body.cursor;
  } while (cursor !== undefined && cursor !== null);
  return seen;
}

/** What one leaf holds of a shard; undefined where it holds none. */
async function shardAt(leafUrl: string, shard: number): Promise<Map<string, number> | undefined> {
  const body = JSON.stringify({ query: "", size: 1000, budgetMs: searchBudgetMs });
  const headers = { "content-type": "application/json" };
  const path = `/v1/shards/${crashIndex}/${shard}/search`;
  const reply = await send(leafUrl, { method: "POST", path, headers, body });
  if (reply.kind === "answered" && reply.status === 404) return undefined;
  if (reply.kind === "lost" || reply.status !== 200 || !Array.isArray(reply.body.hits)) {
    throw new Error(`shard ${shard} at ${leafUrl} was answered ${JSON.stringify(reply).slice(0, 600)}`);
  }
  const seen = new Map<string, number>();
  for (const { id, document } of reply.body.hits.filter(isRecord)) addStamp(seen, id, document);
  return seen;
}

function addStamp(seen: Map<string, number>, id: unknown, document: unknown): void {
  const name = String(id);
  if (seen.has(name)) throw new Error(`${name} was found twice`);
  if (!isLedger(name)) seen.set(name, stampIn(name, document));
}

export function isLedger(id: string): boolean {
  return id.startsWith("ledger/");
}
