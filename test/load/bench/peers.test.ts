import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { flexSearch } from "../../../load/bench/peers/drivers/flexsearch.ts";
import { miniSearch } from "../../../load/bench/peers/drivers/minisearch.ts";
import { orama } from "../../../load/bench/peers/drivers/orama.ts";
import { sqlite } from "../../../load/bench/peers/drivers/sqlite.ts";
import { createEndpoint } from "../../../load/bench/peers/endpoint.ts";
import { wordsOf } from "../../../load/bench/peers/peer.ts";

const documents = [
  { id: "a", title: "anemometer", text: "anemometer. an instrument that measures the speed of wind" },
  { id: "b", title: "barometer", text: "barometer. an instrument that measures the pressure of air" },
  { id: "c", title: "walden", text: "walden. life in the woods" },
  ...Array.from({ length: 30 }, (_, i) => ({ id: `x${i}`, title: `filler ${i}`, text: `filler number ${i} of many` })),
];

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

type Hits = { hits: { id: string; title: string }[]; complete: boolean };

describe.each([sqlite, miniSearch, orama, flexSearch])("$name behind the endpoint", (kind) => {
  async function asker() {
    const directory = await mkdtemp(join(tmpdir(), "hedgerow-peer-"));
    cleanUps.push(() => rm(directory, { recursive: true }));
    const app = createEndpoint(await kind.start({ documents, directory }));
    cleanUps.push(() => app.close());
    return (payload: object) => app.inject({ method: "POST", url: "/search", payload });
  }

  test("is there without anything installed", () => {
    expect(kind.missing()).toBeUndefined();
  });

  test("finds documents by any of the words, those with more of them first", async () => {
    const ask = await asker();
    const { hits, complete } = (await ask({ query: "instrument wind zeppelin" })).json<Hits>();
    expect(complete).toBe(true);
    expect(hits.map(({ id, title }) => `${id} ${title}`)).toEqual(["a anemometer", "b barometer"]);
  });

  test("answers no more than it was asked for, and takes no sign for its own language", async () => {
    const ask = await asker();
    expect((await ask({ query: "filler number", size: 7 })).json<Hits>().hits).toHaveLength(7);
    const signs = await ask({ query: `"wind AND (-*: speed' ` });
    expect(signs.statusCode).toBe(200);
    expect(signs.json<Hits>().hits[0]?.id).toBe("a");
    expect((await ask({ query: "!?" })).json<Hits>().hits).toEqual([]);
    expect((await ask({ query: "wind", size: 0 })).statusCode).toBe(400);
  });
});

test("a query's words are each of them once, without signs", () => {
  expect(wordsOf(`Don't "stop" the Été-2026 stop`)).toEqual(["don", "t", "stop", "the", "été", "2026"]);
});
