import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AssetStore, codingFor, isKnown, readAssets, tagOf, takesPages } from "../../src/console/assets.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

let store: AssetStore;
let cluster: TestCluster;

beforeAll(async () => {
  [store, cluster] = await Promise.all([readAssets(), startCluster({ leaves: 1 })]);
});

afterAll(() => cluster.close());

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(cluster.url + path, { headers });
}

describe("the console's files", () => {
  it("say the same in every coding, and hold no types that a browser would trip over", () => {
    for (const [name, { bodies }] of store.assets) {
      const plain = Buffer.from(bodies.identity);
      expect([name, brotliDecompressSync(bodies.br).equals(plain)]).toEqual([name, true]);
      expect([name, gunzipSync(bodies.gzip).equals(plain)]).toEqual([name, true]);
      expect([name, /\bimport type\b|\breadonly #/.test(plain.toString())]).toEqual([name, false]);
    }
  });

  it("load nothing that is not among them", () => {
    const texts = [...store.assets].map(
      ([name, { bodies }]) => [name, Buffer.from(bodies.identity).toString()] as const,
    );
    for (const [name, text] of texts) {
      const isPage = name.endsWith(".html");
      const pattern = isPage ? /(?:src|href)="\/assets\/([^"]+)"/g : /^import [^"]*"(\.[^"]+)";/gm;
      for (const [, written = ""] of text.matchAll(pattern)) {
        const path = isPage ? written : new URL(written, `http://x/${name}`).pathname.slice(1);
        expect([name, written, store.assets.has(path.replace(/\.ts$/, ".js"))]).toEqual([name, written, true]);
      }
    }
  });

  it("let pages run this origin's files alone", () => {
    const parts = store.policy.split("; ");
    expect(parts).toContain("default-src 'none'");
    expect(parts).toContain("style-src 'self'");
    expect(store.policy).not.toMatch(/unsafe|\*|https?:/);
  });
});

describe("what a caller takes", () => {
  it.each([
    ["gzip, deflate, br", "br"],
    ["gzip;q=1.0, *;q=0.5", "gzip"],
    ["br;q=0, gzip", "gzip"],
    ["br;q=0.00, gzip", "gzip"],
    ["br ; Q=0.000 , gzip;q=0.001", "gzip"],
    ["br;q=none, gzip", "gzip"],
    ["GZIP", "gzip"],
    ["br;q=0.1, gzip;q=1", "gzip"],
    ["gzip;q=0.8, br;q=0.8, identity;q=0.8", "br"],
    ["identity, br;q=0.5", "identity"],
    ["gzip;q=0", "identity"],
    ["identity", "identity"],
    ["", "identity"],
    [undefined, "identity"],
  ])("decides the coding: %j is %s", (asked, coding) => expect(codingFor(asked)).toBe(coding));

  it("decides between the page and JSON", () => {
    const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    expect([browser, "*/*", "application/json", undefined].map(takesPages)).toEqual([true, false, false, false]);
  });

  it("is not sent again", () => {
    const asset = store.assets.get("console/page/index.html");
    if (asset === undefined) throw new Error("there is no page");
    const tag = tagOf(asset, "br");
    expect(isKnown(tag, `"other", ${tag}`)).toBe(true);
    expect(isKnown(tag, `W/${tag}`)).toBe(true);
    expect(isKnown(tag, tagOf(asset, "gzip"))).toBe(false);
    expect(isKnown(tag, undefined)).toBe(false);
  });
});

describe("over HTTP", () => {
  it("gives people the page and programs JSON, at the same address", async () => {
    const page = await get("/", { accept: "text/html" });
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toBe(store.policy);
    expect(page.headers.get("vary")).toContain("accept");
    expect(await page.text()).toContain("<title>Search · Hedgerow</title>");
    const json = await get("/", { accept: "application/json" });
    expect(await json.json()).toMatchObject({ name: "hedgerow", documentation: "/docs" });
  });

  it("sends a file once", async () => {
    const first = await get("/assets/console/page/main.js", { "accept-encoding": "gzip" });
    const tag = first.headers.get("etag") ?? "";
    expect([first.status, first.headers.get("content-encoding")]).toEqual([200, "gzip"]);
    expect(await first.text()).toContain("startSearch");
    const again = await get("/assets/console/page/main.js", { "accept-encoding": "gzip", "if-none-match": tag });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    // A cache would take them for those of what it holds.
    expect([again.headers.get("content-type"), again.headers.get("content-length")]).toEqual([null, null]);
  });

  it("gives nothing else away", async () => {
    for (const path of [
      "/assets/main.ts",
      "/assets/../package.json",
      "/assets/%2e%2e/config.ts",
      "/assets/console/assets.ts",
    ]) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
    }
  });
});
