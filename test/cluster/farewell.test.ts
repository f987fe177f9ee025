import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
});

afterAll(() => cluster.close());

describe("a leaf's farewell", () => {
  it("takes off the life at the address that it names, and nothing else of its name", async () => {
    const [name, url] = ["farewell", "http://127.0.0.1:9"];
    await cluster.request("POST", "/v1/members", { name, url, life: "x" });
    const say = async (from: string, life: string): Promise<number> => {
      const path = `/v1/members/${name}?url=${encodeURIComponent(from)}&life=${life}`;
      return (await cluster.request("DELETE", path)).status;
    };
    expect(await say("http://127.0.0.1:8", "x")).toBe(404);
    expect(await say(url, "before x")).toBe(404);
    expect(await say(url, "x")).toBe(204);
  });
});
