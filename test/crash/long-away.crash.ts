import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { requestTo } from "../support/cluster.ts";
import { eventually } from "../support/up.ts";
import { startCrew } from "./crew.ts";
import { crashFields, crashIndex } from "./document.ts";
import { everythingServes } from "./quiet.ts";

const documentsPath = `/v1/indexes/${crashIndex}/documents`;
const documents = Array.from({ length: 120 }, (_, i) => ({ id: `d${i}`, title: `word${i % 5}`, year: i }));
const deleted = documents.slice(0, 80);

it("a leaf that missed forgotten deletes begins anew", async () => {
  const crew = await startCrew({ logServers: 0, roots: 1, leaves: 2, deletesKept: 10 });
  try {
    const [root] = crew.roots;
    const [away, present] = crew.leaves;
    if (root === undefined || away === undefined || present === undefined) throw new Error("the crew is not whole");
    const request = requestTo(root.url);
    await request("PUT", `/v1/indexes/${crashIndex}`, { fields: crashFields, shards: 1, replicas: 2 });
    await request("POST", documentsPath, documents);
    await everythingServes(crew);
    const titles = async (url: string): Promise<string[]> => {
      const { body } = await requestTo(url)("POST", `/v1/shards/${crashIndex}/0/search`, { query: "", size: 1000 });
      return Array.isArray(body.hits) ? body.hits.filter(isRecord).map(({ id }) => String(id)) : [];
    };
    const standing = documents.slice(deleted.length).map(({ id }) => id);
    await eventually("the leaf holds all of them", async () => (await titles(away.url)).length === documents.length);
    // It writes its snapshot as it ends, which holds what is deleted now.
    away.askToEnd();
    await eventually("the leaf has ended", async () => !away.alive);
    for (const { id } of deleted) expect((await request("DELETE", `${documentsPath}/${id}`)).status).toBe(200);
    await eventually(
      "the other leaf has applied it",
      async () => (await titles(present.url)).length === standing.length,
    );
    await away.start();
    await everythingServes(crew);
    for (const { url } of [away, present]) {
      await eventually("both hold what stands", async () => (await titles(url)).length === standing.length);
      expect((await titles(url)).sort()).toEqual([...standing].sort());
    }
    const said = readFileSync(join(crew.directory, `${away.name}.log`), "utf8");
    expect(said).toContain("a snapshot was dropped; the log is read instead");
    // Nothing more was forgotten since: both now start from what they have.
    await Promise.all([root.kill(), present.kill()]);
    await Promise.all([root.start(), present.start()]);
    await everythingServes(crew);
    expect((await titles(away.url)).sort()).toEqual([...standing].sort());
  } finally {
    await crew.remove();
  }
});
