import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requestTo } from "../support/cluster.ts";
import { type Crew, startCrew } from "./crew.ts";
import { crashFields, crashIndex, wordAt } from "./document.ts";
import { everythingServes } from "./quiet.ts";
import { canMountDisks, mountSmallDisk, type SmallDisk } from "./small-disk.ts";

const documentsPath = `/v1/indexes/${crashIndex}/documents`;
const body = `${wordAt(1)} `.repeat(6_000);
const roomBytes = 3 << 20;
const sets = 8;
const setSize = 10;

describe.runIf(canMountDisks("full and read-only disks under a cluster"))("a cluster whose log has a disk that", () => {
  let crew: Crew;
  let disk: SmallDisk;
  let leafDisk: SmallDisk;
  let request: ReturnType<typeof requestTo>;
  let taken: string[];

  beforeEach(async () => {
    taken = [];
    crew = await startCrew({ logServers: 0, roots: 1, leaves: 2, deletesKept: 1000 }, (directory) => {
      disk = mountSmallDisk(join(directory, "root-1"));
      leafDisk = mountSmallDisk(join(directory, "leaf-1"));
    });
    request = requestTo(crew.roots[0]?.url ?? "");
    await request("PUT", `/v1/indexes/${crashIndex}`, { fields: crashFields, shards: 2, replicas: 2 });
  });
  afterEach(async () => {
    await crew.killAll();
    disk.remove();
    leafDisk.remove();
    await crew.remove();
  });

  /** Single documents and small sets until one is refused as it must be. */
  async function writeUntilRefused(name: string): Promise<string[]> {
    const refused: string[] = [];
    for (let i = 0; refused.length === 0; i++) {
      const ids = Array.from({ length: i % 2 === 0 ? 1 : setSize }, (_, at) => `${name}-${i}-${at}`);
      const documents = ids.map((id) => ({ id, title: wordAt(0), body }));
      const [only] = documents;
      const answer =
        ids.length === 1
          ? await request("PUT", `${documentsPath}/${only?.id}`, only)
          : await request("POST", documentsPath, documents);
      if (answer.status < 300) taken.push(...ids);
      else {
        refused.push(...ids);
        expectRefusal(answer);
      }
      expect(i).toBeLessThan(2_000);
    }
    return refused;
  }

  function expectRefusal(answer: Awaited<ReturnType<typeof request>>): void {
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer).toMatchObject({ status: 503, body: { code: "storage_unavailable" } });
    expect(String(answer.body.detail)).toMatch(/disk/);
  }

  /** Everything that was taken can be read and found, and nothing that was refused. */
  async function expectTaken(refused: readonly string[] = []): Promise<void> {
    const search = { query: wordAt(0), size: 1_000, returned: ["title"], budgetMs: 20_000, cache: false };
    const last = await request("GET", `${documentsPath}/${taken.at(-1)}`);
    const answer = await request("POST", `/v1/indexes/${crashIndex}/search`, {
      ...search,
      after: String(last.body.version),
    });
    expect(answer).toMatchObject({ status: 200, body: { complete: true } });
    const hits = Array.isArray(answer.body.hits) ? answer.body.hits : [];
    expect(hits.map(({ id }) => id).sort()).toEqual([...taken].sort());
    for (const id of taken) expect((await request("GET", `${documentsPath}/${id}`)).status).toBe(200);
    for (const id of refused) expect((await request("GET", `${documentsPath}/${id}`)).status).toBe(404);
  }

  it("is full refuses writes, goes on searching, and takes them again when there is room", async () => {
    disk.fill(roomBytes);
    const refused = await writeUntilRefused("first");
    expect(taken.length).toBeGreaterThan(20);
    await expectTaken(refused);
    const [root] = crew.roots;
    await root?.kill();
    await root?.start();
    await everythingServes(crew);
    await expectTaken(refused);
    disk.relieve();
    for (let i = 0; i < sets; i++) {
      const id = `more-${i}`;
      expect((await request("PUT", `${documentsPath}/${id}`, { title: wordAt(0), body })).status).toBe(201);
      taken.push(id);
    }
    await expectTaken(refused);
  });

  it("turns read-only refuses writes, goes on searching, and loses nothing", async () => {
    for (let i = 0; i < sets; i++) {
      const ids = Array.from({ length: setSize }, (_, at) => `${i}-${at}`);
      const documents = ids.map((id) => ({ id, title: wordAt(0), body }));
      expect((await request("POST", documentsPath, documents)).status).toBe(200);
      taken.push(...ids);
    }
    disk.breakDown();
    const refused = await writeUntilRefused("late");
    for (let i = 0; i < sets; i++) expectRefusal(await request("PUT", `${documentsPath}/x${i}`, { title: wordAt(0) }));
    expectRefusal(await request("DELETE", `${documentsPath}/0-0`));
    await expectTaken(refused);
    const [root] = crew.roots;
    await root?.kill();
    disk.mend();
    await root?.start();
    await everythingServes(crew);
    await expectTaken(refused);
    await writeOne("mended");
    await expectTaken(refused);
  });

  it("is well while a leaf's is full, or broken, keeps answering, and the leaf comes back from the log", async () => {
    leafDisk.fill(4096);
    for (let i = 0; i < sets; i++) await writeOne(`a${i}`);
    const [leaf] = crew.leaves;
    leaf?.askToEnd();
    await expect.poll(() => leaf?.alive, { timeout: 20_000 }).toBe(false);
    await leaf?.start();
    await everythingServes(crew);
    await expectTaken();
    leafDisk.breakDown();
    await writeOne("after the leaf's disk broke");
    await leaf?.kill();
    await leaf?.start();
    await everythingServes(crew);
    await expectTaken();
  });

  async function writeOne(id: string): Promise<void> {
    const answer = await request("PUT", `${documentsPath}/${encodeURIComponent(id)}`, { title: wordAt(0), body });
    expect(answer.status).toBe(201);
    taken.push(id);
  }
});
