import { expect, it } from "vitest";
import { hasNatsServer } from "../../load/bench/nats-server.ts";
import { safeSince } from "../../src/changes/jetstream-durability.ts";
import { type Random, seededRandom, systemRandom } from "../../src/time.ts";
import { type Crew, type CrewShape, startCrew } from "./crew.ts";
import { crashFields, crashIndex } from "./document.ts";
import { compareWithFresh } from "./fresh-index.ts";
import { History } from "./history.ts";
import { type KillTally, killAtRandom, killsIn } from "./killer.ts";
import { Ledger } from "./ledger.ts";
import { drawLine, everythingServes, judgeReplicas, readAll } from "./quiet.ts";
import { send } from "./request.ts";
import { Writer } from "./writer.ts";

type Variant = CrewShape & { rounds: number; killsPerRound: number; pauseMsMax: number; downMsMax: number };

/** So few that leaves which were down have missed some. */
const deletesKept = 6;
const usual = { leaves: 3, deletesKept, rounds: 4, killsPerRound: 26, pauseMsMax: 1_600, downMsMax: 600 };
const variants: (Variant & { name: string })[] = [
  { ...usual, name: "embedded log", logServers: 0, roots: 1 },
  { ...usual, name: "JetStream log, two roots", logServers: 1, roots: 2 },
  { ...usual, name: "JetStream log of three servers, two roots", logServers: 3, roots: 2, rounds: 1 },
];
const writers = 4;
const documentsPerWriter = 120;
const shards = 3;
const ledgers = 2;
/** `CRASH_SEED` repeats a run's decisions; what they meet in the processes is never quite the same again. */
const seed = Number(process.env.CRASH_SEED ?? Math.floor(systemRandom.next() * 2 ** 31));

const hasServer = hasNatsServer("the crash test of clusters on NATS JetStream", safeSince);

for (const { name, ...variant } of variants) {
  const { logServers } = variant;
  it.skipIf(logServers > 0 && !hasServer)(
    `every acknowledged write outlives ${variant.rounds * variant.killsPerRound} kills: ${name}`,
    async () => {
      const crew = await startCrew(variant);
      let passed = false;
      try {
        await crash(crew, variant, seededRandom(seed));
        passed = true;
      } finally {
        await (passed ? crew.remove() : crew.killAll());
        if (!passed) console.error(`CRASH_SEED=${seed}; what the processes left is in ${crew.directory}`);
      }
    },
  );
}

/** Rounds of writing under kills; after each, when all is quiet, everything is held against what was promised. */
async function crash(crew: Crew, variant: Variant, random: Random): Promise<void> {
  const { rounds, killsPerRound, logServers } = variant;
  const history = new History();
  const rootUrl = (): string => crew.roots[Math.floor(random.next() * crew.roots.length)]?.url ?? "";
  await createIndex(crew);
  const parts = { documents: documentsPerWriter, random, rootUrl, history, together: logServers === 0 };
  const clients = Array.from({ length: writers }, (_, i) => new Writer({ ...parts, name: `w${i}` }));
  const shared = Array.from({ length: ledgers }, (_, i) => new Ledger(`${i}`));
  const tally: KillTally = new Map();
  let standing = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    let over = false;
    const enough = (): boolean => over;
    const writing = [
      ...clients.map((client) => client.writeUntil(enough)),
      ...shared.flatMap((ledger) =>
        Array.from({ length: 2 }, (_, i) => ledger.writeUntil(enough, { writer: `${round}.${i}`, rootUrl, random })),
      ),
    ];
    const killing = killAtRandom(crew.programs, { ...variant, kills: killsPerRound, random }, tally).finally(() => {
      over = true;
    });
    await Promise.all([killing, ...writing]);
    standing = await judge(crew, { history, shared, rootUrl });
  }
  await compareWithFresh(crew, { standing, token: history.token });
  const made = shared.reduce((sum, ledger) => sum + ledger.made, 0);
  console.log(
    `${killsIn(tally)} kills (${[...tally].map(([who, count]) => `${who} ${count}`).join(", ")}): ` +
      `${history.acknowledged + made} writes acknowledged, ${history.abandoned} requests left unanswered, ` +
      `${standing.size} documents stand; seed ${seed}`,
  );
  expect(killsIn(tally)).toBeGreaterThanOrEqual(rounds * killsPerRound);
}

async function createIndex({ roots }: Crew): Promise<void> {
  const body = JSON.stringify({ fields: crashFields, shards, replicas: 2 });
  const headers = { "content-type": "application/json" };
  const reply = await send(roots[0]?.url ?? "", { method: "PUT", path: `/v1/indexes/${crashIndex}`, headers, body });
  expect(reply).toMatchObject({ kind: "answered", status: 201 });
  for (const { url } of roots) {
    const path = `/v1/indexes/${crashIndex}`;
    await expect.poll(async () => await send(url, { method: "GET", path })).toMatchObject({ status: 200 });
  }
}

/** Answers which documents stand, with their stamps, once everything was found to be right. */
async function judge(
  crew: Crew,
  { history, shared, rootUrl }: { history: History; shared: readonly Ledger[]; rootUrl: () => string },
): Promise<Map<string, number>> {
  await everythingServes(crew);
  // Deletes that nobody was told of have no version by which they could be waited for.
  history.token = Math.max(history.token, await drawLine(rootUrl()));
  const found = await readAll(rootUrl(), history.ids());
  const standing = new Map<string, number>();
  for (const [id, { stamp, version }] of found) {
    if (stamp !== undefined) standing.set(id, stamp);
    history.token = Math.max(history.token, version ?? 0);
  }
  const wrongs = history.judge(found);
  for (const ledger of shared) wrongs.push(...(await ledger.judge(rootUrl)));
  wrongs.push(...(await judgeReplicas(crew, { standing, history, shards })));
  expect(wrongs).toEqual([]);
  return standing;
}
