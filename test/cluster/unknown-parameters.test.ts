import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routeNeeds } from "../../src/root/needs.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster({ leaves: 1 });
  await cluster.request("PUT", "/v1/indexes/books", { fields: {}, shards: 1, replicas: 1 });
});

afterAll(() => cluster.close());

/** What a route takes besides its address, where it takes anything. */
const bodies: Readonly<Record<string, unknown>> = {
  "POST /v1/members": { name: "x", url: "http://127.0.0.1:9", life: "x" },
  "PUT /v1/indexes/:index": { fields: {} },
  "POST /v1/aliases": { set: { library: "books" } },
  "POST /v1/indexes/:index/search": {},
  "POST /v1/indexes/:index/documents": [],
  "PUT /v1/indexes/:index/documents/:id": { title: "Emma" },
};

const routes = Object.keys(routeNeeds)
  .filter((route) => route !== "POST /v1/restore")
  .map((route) => {
    const [method = "", pattern = ""] = route.split(" ");
    const path = pattern.replace(":index", "books").replace(":id", "1").replace(":name", "x").replace("*", "x");
    return { route, method, path };
  });
const [strict, lenient] = [true, false].map((isStrict) =>
  routes.filter(({ path }) => path.startsWith("/v1/") === isStrict),
);

describe("a query parameter that a route does not know", () => {
  it.each(strict ?? [])("is refused by name: $route", async ({ route, method, path }) => {
    const answer = await cluster.request(method, `${path}?foo=1`, bodies[route]);
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request", errors: [{ path: "/foo" }] } });
    expect(answer.body.detail).toContain("foo");
  });

  it("has nothing done", async () => {
    expect((await cluster.request("GET", "/v1/indexes/books")).status).toBe(200);
    expect((await cluster.request("GET", "/v1/indexes/books/documents/1")).status).toBe(404);
    expect((await cluster.request("GET", "/v1/indexes")).body.aliases).toEqual({});
  });

  it.each(lenient ?? [])("is passed over by pages and probes: $route", async ({ method, path }) => {
    expect((await fetch(`${cluster.url}${path}?foo=1`, { method })).status).not.toBe(400);
  });
});
