import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
});

afterAll(() => cluster.close());

describe("a leaf's farewell", () => {
  it("takes off what is at the address that it names, and nothing else of its name", async () => {
    const [name, url] = ["farewell", "http://127.0.0.1:9"];
    await cluster.request("POST", "/v1/members", { name, url, life: "x" });
    const say = async (from: string) => (await cluster.request("DELETE", `/v1/members/${name}?url=${from}`)).status;
    expect(await say(encodeURIComponent("http://127.0.0.1:8"))).toBe(404);
    expect(await say(encodeURIComponent(url))).toBe(204);
  });
});
