import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Key, type Scope, writeKeys } from "../../src/security/keys.ts";
import { newToken } from "../../src/security/token.ts";
import { RawBody, startCluster, type TestCluster } from "../support/cluster.ts";
import { findChromium, launch } from "./browser.ts";

const executablePath = findChromium();

let cluster: TestCluster;
let browser: Browser;
let directory: string;

function keyFor(name: string, scopes: readonly Scope[]): { token: string; key: Key } {
  const { token, id, sha256 } = newToken();
  return { token, key: { id, name, sha256, scopes, indexes: ["*"] } };
}

const reader = keyFor("reader", ["search"]);
const operator = keyFor("operator", ["search", "write", "admin", "metrics"]);

beforeAll(async () => {
  if (executablePath === undefined) return;
  directory = await mkdtemp(join(tmpdir(), "hedgerow-console-keys-"));
  const file = join(directory, "keys.json");
  await writeFile(file, writeKeys([reader.key, operator.key]), { mode: 0o600 });
  cluster = await startCluster({ leaves: 1, flags: ["--keys", file, "--replicas", "1", "--shards", "1"] });
  browser = await launch(executablePath);
  const headers = { "content-type": "application/json", authorization: `Bearer ${operator.token}` };
  const send = (method: string, path: string, body: object): ReturnType<TestCluster["request"]> =>
    cluster.request(method, path, new RawBody(headers, JSON.stringify(body)));
  await send("PUT", "/v1/indexes/books", { fields: { title: { type: "text" } } });
  const { body } = await send("POST", "/v1/indexes/books/documents", [{ id: "1", title: "Walden" }]);
  await send("POST", "/v1/indexes/books/search", { after: String(body.token), budgetMs: 10_000 });
});

afterAll(async () => {
  await browser?.close();
  await cluster?.close();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

describe.skipIf(executablePath === undefined)("a cluster with keys", () => {
  it("asks for one, keeps it for the tab alone, and shows what it opens", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${cluster.url}/#search?budget=10000`);
    await page.waitForSelector("#key-form", { state: "visible" });
    expect(await page.locator("#trouble").textContent()).toContain("A valid key is needed");
    // No header can carry it: kept, it would keep the page from asking anything at all.
    await page.fill("#key", "ключ");
    await page.click("#key-form button");
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    await page.fill("#key", "hr_000000000000_wrong");
    await page.click("#key-form button");
    await page.waitForSelector("#key-form", { state: "visible" });
    await page.fill("#key", reader.token);
    await page.click("#key-form button");
    await page.waitForSelector('.hit h2:has-text("Walden")');
    expect(await page.isVisible("#key-form")).toBe(false);
    expect(await page.isVisible("#trouble")).toBe(false);
    await page.click("#cluster-link");
    await page.waitForSelector('#pulse:has-text("without a key")');
    await page.evaluate(`sessionStorage.setItem("hedgerow-key", ${JSON.stringify(operator.token)})`);
    await page.waitForSelector('.replica[data-state="ready"]');
    const other = await context.newPage();
    await other.goto(cluster.url);
    await other.waitForSelector("#key-form", { state: "visible" });
    expect(await other.evaluate("localStorage.length + document.cookie.length")).toBe(0);
    await context.close();
  });
});
