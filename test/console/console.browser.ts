import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../src/protocol/record.ts";
import { eventually, startUp, type UpCluster } from "../support/up.ts";
import { allReady, leafPids } from "../support/word-index.ts";
import { findChromium, launch, openPage, type Scheme, transferredBytes, violationsOf } from "./browser.ts";

const executablePath = findChromium();
const demoDocuments = 117_791;
const transferredBytesMax = 150_000;
const schemes: readonly Scheme[] = ["light", "dark"];
const hungQueries = ["instrument measuring wind", "small river", "fear of heights", "to move quickly"];
const wide = { width: 1440, height: 900 };

let cluster: UpCluster;
let browser: Browser;
let pictures: string;

beforeAll(async () => {
  if (executablePath === undefined) return;
  pictures = process.env.HEDGEROW_SCREENSHOTS ?? (await mkdtemp(join(tmpdir(), "hedgerow-console-")));
  await mkdir(pictures, { recursive: true });
  cluster = await startUp(["--leaves", "4", "--shards", "4", "--replicas", "2", "--zones", "2", "--budget-ms", "1000"]);
  browser = await launch(executablePath);
  await eventually("the demo corpus is found", async () => (await found()) === demoDocuments, 200_000);
  await allReady(cluster);
  console.info(`pictures are in ${pictures}`);
});

afterAll(async () => {
  await browser?.close();
  await cluster?.stop();
});

async function found(): Promise<unknown> {
  const { body } = await cluster.request("POST", "/v1/indexes/demo/search", { size: 0, budgetMs: 5000 });
  return isRecord(body.total) ? body.total.value : undefined;
}

/** Runs something on a page of its own, and holds the page to having had no trouble. */
async function onPage(
  address: string,
  run: (page: Page) => Promise<void>,
  options: { colorScheme?: Scheme } = {},
): Promise<void> {
  const context = await browser.newContext({ viewport: wide, ...options });
  const { page, trouble } = await openPage(context, cluster.url + address);
  await run(page);
  await context.close();
  expect(trouble).toEqual([]);
}

/** Runs something on a page that is to have trouble. */
function onTroubledPage(address: string, run: (page: Page) => Promise<void>): Promise<void> {
  return onFreshContext(false, async (context) => run((await openPage(context, cluster.url + address)).page));
}

async function onFreshContext<T>(bypassCSP: boolean, run: (context: BrowserContext) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: wide, bypassCSP });
  try {
    return await run(context);
  } finally {
    await context.close();
  }
}

async function ask(page: Page, query: string): Promise<void> {
  await page.fill("#query", "");
  const answered = page.waitForResponse(
    (response) => response.url().endsWith("/search") && (response.request().postData() ?? "").includes(`"${query}"`),
  );
  await page.fill("#query", query);
  await answered;
  await page.waitForSelector(".hit");
}

/** A stream of searches until the test has seen enough. */
function keepAsking(): { readonly count: number; stop(): Promise<void> } {
  let isDone = false;
  let count = 0;
  const asking = (async () => {
    for (let i = 0; !isDone; i++) {
      const query = ["fear of heights", "wind instrument", "small river", "to move quickly"][i % 4];
      await cluster.request("POST", "/v1/indexes/demo/search", { query, cache: false });
      count++;
    }
  })();
  return {
    get count() {
      return count;
    },
    async stop() {
      isDone = true;
      await asking;
    },
  };
}

describe.skipIf(executablePath === undefined)("searching", () => {
  it("shows hits as they are typed, and asks for fewer than the letters", () =>
    onPage("/#search?budget=10000", async (page) => {
      let asked = 0;
      page.on("request", (request) => {
        if (request.url().endsWith("/search")) asked++;
      });
      await page.waitForSelector(".hit");
      asked = 0;
      await page.locator("#query").pressSequentially("fear of heights", { delay: 30 });
      await page.waitForSelector('.hit:first-child h2:has-text("acrophobia")');
      expect(await page.locator(".hit:first-child mark").allTextContents()).toEqual(["fear", "heights"]);
      expect(await page.locator("#found").textContent()).toMatch(/^\d+ results in [\d.,]+ m?s$/);
      expect(asked).toBeGreaterThan(0);
      expect(asked).toBeLessThan("fear of heights".length);
    }));

  it("narrows down by a facet, and says what it took a typing error for", () =>
    onPage("/#search?q=composer&budget=10000", async (page) => {
      await page.waitForSelector(".hit");
      const before = await page.locator("#found").textContent();
      await page.check('label:has-text("verb")');
      // Asked from outside: the page's own policy lets nothing be evaluated in it.
      await eventually("it is narrowed down", async () => (await page.locator("#found").textContent()) !== before);
      expect(new Set(await page.locator(".hit .tags li:first-child").allTextContents())).toEqual(new Set(["verb"]));
      await page.uncheck('label:has-text("verb")');
      await ask(page, "anemomteer");
      expect(await page.locator("#corrections").textContent()).toContain("anemometer");
    }));

  it("shows more of a search that was never sent, and of what is shown when the form says something else", () =>
    onPage("/#search?q=river&budget=10000", async (page) => {
      const more = async (hits: number): Promise<void> => {
        await page.click("#more");
        await eventually(`there are ${hits} hits`, async () => (await page.locator(".hit").count()) === hits);
      };
      await page.waitForSelector(".hit");
      await more(20);
      await ask(page, "mountai");
      await eventually("the hits are new", async () => (await page.locator(".hit").count()) === 10);
      await more(20);
      const isHeld = (text: string | null): boolean => (text ?? "").includes('"held up"');
      await page.route("**/search", (route) => (isHeld(route.request().postData()) ? undefined : route.continue()));
      const held = page.waitForRequest((request) => isHeld(request.postData()));
      await page.fill("#query", "held up");
      await held;
      await more(30);
    }));

  it("keeps what is shown where more of it cannot be had, and lets it be asked for again", () =>
    onPage("/#search?q=river&budget=10000", async (page) => {
      await page.waitForSelector(".hit");
      await page.route("**/search", (route) => route.fulfill({ status: 503 }));
      await page.click("#more");
      await page.waitForSelector("#trouble", { state: "visible" });
      expect(await page.locator(".hit").count()).toBe(10);
      await page.unroute("**/search");
      await page.click("#more");
      await eventually("there are 20 hits", async () => (await page.locator(".hit").count()) === 20);
      expect(await page.isVisible("#trouble")).toBe(false);
    }));

  it("draws the way of the query, and hides it when it is not wanted", () =>
    onPage("/#search?q=fear+of+heights&budget=10000", async (page) => {
      await page.waitForSelector(".waterfall tbody tr");
      const rows = await page.locator(".waterfall tbody tr").allTextContents();
      expect(rows[0]).toContain("root");
      for (const shard of [0, 1, 2, 3]) expect(rows.join("\n")).toContain(`shard ${shard}`);
      expect(await page.locator(".tick-deadline").textContent()).toBe("10 s");
      expect(await page.locator(".track .deadline").count()).toBe(rows.length);
      expect(await page.locator("#waterfall").textContent()).toMatch(/known to ±/);
      await page.click("#waterfall-button");
      expect(await page.isVisible("#waterfall-pane")).toBe(false);
      await page.click("#waterfall-button");
      expect(await page.isVisible("#waterfall-pane")).toBe(true);
    }));

  it("says of an index that is not there that it is not, instead of searching another", () =>
    onTroubledPage("/#search?q=wind&index=nowhere", async (page) => {
      await page.waitForSelector('#trouble:has-text("nowhere")');
      expect(await page.inputValue("#index")).toBe("nowhere");
      expect(await page.locator(".hit").count()).toBe(0);
      await page.selectOption("#index", "demo");
      await page.waitForSelector(".hit");
    }));

  it("goes back to what was searched for before", () =>
    onPage("/#search?budget=10000", async (page) => {
      for (const query of ["river", "mountain"]) {
        await ask(page, query);
        await page.press("#query", "Enter");
        await page.waitForURL(`**/#search?q=${query}&**`);
      }
      await page.goBack();
      await page.waitForURL("**/#search?q=river&**");
      await page.waitForSelector('.hit:has-text("river")');
      expect(await page.inputValue("#query")).toBe("river");
    }));

  it("says that a root is silent, and goes on by itself when it speaks again", () =>
    onTroubledPage("/#search?q=fear+of+heights", async (page) => {
      await page.waitForSelector(".hit");
      const root = (await cluster.processes()).find(({ role }) => role === "root")?.pid ?? 0;
      process.kill(root, "SIGSTOP");
      try {
        await page.fill("#query", "fear of flying");
        await page.waitForSelector('#found:has-text("Searching")');
        await page.waitForSelector('#found:has-text("No connection")');
        await page.waitForSelector('#pulse:has-text("root does not answer")');
      } finally {
        process.kill(root, "SIGCONT");
      }
      await page.waitForSelector(".hit");
    }));

  it("needs no mouse", () =>
    onPage("/#search?budget=10000", async (page) => {
      await page.waitForSelector(".hit");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
      await page.keyboard.press("/");
      await page.keyboard.type("cultivation of bees");
      await page.keyboard.press("Enter");
      await page.waitForSelector('h2:has-text("beekeeping")');
      await page.focus("#cluster-link");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".replica");
      await page.keyboard.press("/");
      expect(await page.evaluate("document.activeElement.id")).toBe("query");
      expect(await page.isVisible("#hits")).toBe(true);
    }));

  it("leaves who ticks by keyboard on the box that was ticked", () =>
    onFreshContext(true, async (context) => {
      const { page } = await openPage(context, `${cluster.url}/#search?q=composer&budget=10000`);
      await page.waitForSelector(".hit");
      const before = await page.locator("#found").textContent();
      await page.focus("#facets input");
      const id = await page.evaluate("document.activeElement.id");
      await page.keyboard.press("Space");
      await eventually("it is narrowed down", async () => (await page.locator("#found").textContent()) !== before);
      expect(await page.evaluate("document.activeElement.id")).toBe(id);
      expect(await page.evaluate("document.activeElement.checked")).toBe(true);
    }));

  it("looks again for an index where there was none", () =>
    onPage("/docs", async (page) => {
      await page.route("**/v1/indexes", (route) => route.fulfill({ json: { indexes: [] } }), { times: 1 });
      await page.goto(`${cluster.url}/#search?budget=10000`);
      await page.waitForSelector('#found:has-text("no index yet")');
      await page.press("#query", "Enter");
      await page.waitForSelector(".hit");
    }));

  it("reads nothing of a document as markup", async () => {
    const kind = "k".repeat(900);
    const title = "<img src=x onerror=\"document.title='taken'\"> & <b>bold</b>";
    await cluster.request("PUT", "/v1/indexes/marks", {
      fields: { title: { type: "text" }, kind: { type: "keyword" } },
    });
    const { body } = await cluster.request("POST", "/v1/indexes/marks/documents", [{ id: "1", title, kind }]);
    await cluster.request("POST", "/v1/indexes/marks/search", { after: String(body.token), budgetMs: 10_000 });
    await onPage("/#search?q=bold&index=marks&budget=10000", async (page) => {
      await page.waitForSelector(".hit mark");
      expect(await page.locator(".hit h2").textContent()).toBe(title);
      expect(await page.locator(".hit img, .hit b").count()).toBe(0);
      const { width = 0 } = (await page.locator(".hit .tags").boundingBox()) ?? {};
      expect((await page.locator(".hit .tags li").first().boundingBox())?.width).toBeLessThanOrEqual(width);
    });
    await cluster.request("DELETE", "/v1/indexes/marks");
  });
});

describe.skipIf(executablePath === undefined)("the cluster's page", () => {
  it("gives up an older report when it asks for a newer one", () =>
    onTroubledPage("/docs", async (page) => {
      await page.route("**/v1/cluster", () => undefined, { times: 1 });
      const held = page.waitForRequest("**/v1/cluster");
      await page.goto(`${cluster.url}/#search?budget=10000`);
      const older = await held;
      const over = page.waitForEvent("requestfailed", { predicate: (request) => request === older, timeout: 3_000 });
      await page.click("#cluster-link");
      await over;
      await page.waitForSelector(".replica");
    }));
});

describe.skipIf(executablePath === undefined)("a leaf that stops", () => {
  it("shows in the way of a query, which it costs nothing, and turns on the map", () =>
    onPage("/#search?q=wind&budget=10000", async (page) => {
      const [pid = 0] = await leafPids(cluster, ["leaf-2"]);
      const stream = keepAsking();
      const turned = '.replica[data-leaf="leaf-2"]:not([data-state="ready"])';
      try {
        // Nobody hedges before it is known what is slow.
        await eventually("there is something to hedge by", async () => stream.count > 150, 90_000);
        process.kill(pid, "SIGSTOP");
        const hedge = page.locator('tr[data-kind="hedge"], tr[data-outcome="cancelled"]');
        for (let i = 0; i < 60 && (await hedge.count()) === 0; i++) await ask(page, hungQueries[i % 4] ?? "");
        expect(await hedge.count()).toBeGreaterThan(0);
        expect(await page.locator(".verdict").textContent()).toContain("4 of 4 shards complete");
        await page.screenshot({ path: join(pictures, "hedged.png") });
        await page.click("#cluster-link");
        await page.waitForSelector(turned, { timeout: 60_000 });
        await page.waitForSelector('#changes li:has-text("leaf-2")');
        await page.screenshot({ path: join(pictures, "cluster-stopped.png") });
        process.kill(pid, "SIGCONT");
        // What was taken out, for a minute at most, comes back by answering copies of queries well: there must be some.
        await page.waitForSelector(turned, { state: "detached", timeout: 120_000 });
      } finally {
        process.kill(pid, "SIGCONT");
        await stream.stop();
      }
    }));

  it("turns the map when it is killed, and back when it has been started again", () =>
    onPage("/#cluster", async (page) => {
      await page.waitForSelector('.replica[data-state="ready"]');
      const [pid = 0] = await leafPids(cluster, ["leaf-3"]);
      process.kill(pid, "SIGKILL");
      await page.waitForSelector('.replica[data-leaf="leaf-3"]:not([data-state="ready"])', { timeout: 30_000 });
      await page.waitForSelector('#changes li:has-text("→ ready")', { timeout: 60_000 });
    }));
});

describe.skipIf(executablePath === undefined)("every page", () => {
  const pages = { search: "/#search?q=fear+of+heights&budget=1000", cluster: "/#cluster", docs: "/docs#search" };
  const settled = { search: ".waterfall", cluster: ".replica", docs: ".reference" };

  for (const colorScheme of schemes) {
    for (const name of ["search", "cluster", "docs"] as const) {
      it(`is one that everybody can read: ${name}, ${colorScheme}`, async () => {
        const context = await browser.newContext({ viewport: wide, colorScheme, bypassCSP: true });
        const page = await context.newPage();
        await page.goto(cluster.url + pages[name]);
        await page.waitForSelector(settled[name]);
        expect(await violationsOf(page)).toEqual([]);
        await page.setViewportSize({ width: 390, height: 800 });
        expect(await violationsOf(page)).toEqual([]);
        await context.close();
      });
    }
  }

  for (const name of ["search", "cluster", "docs"] as const) {
    it(`needs no sideways scrolling on the narrowest screen (WCAG 1.4.10): ${name}`, () =>
      onFreshContext(true, async (context) => {
        const page = await context.newPage();
        await page.setViewportSize({ width: 320, height: 640 });
        await page.goto(cluster.url + pages[name]);
        await page.waitForSelector(settled[name]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
      }));
  }

  it("leaves who looks at a map where they were, while it is drawn anew", () =>
    onFreshContext(true, async (context) => {
      const page = await context.newPage();
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(cluster.url + pages.cluster);
      await page.waitForSelector(settled.cluster);
      await page.focus(".map");
      await page.evaluate("document.querySelector('.map').scrollLeft = 50");
      await page.evaluate("document.querySelector('.shard-map').id = 'drawn-before'");
      await page.waitForSelector("#drawn-before", { state: "detached" });
      expect(await page.evaluate("document.querySelector('.map').scrollLeft")).toBe(50);
      expect(await page.evaluate("document.activeElement.className")).toBe("map");
    }));

  for (const name of ["search", "cluster", "docs"] as const) {
    it(`is light: ${name}`, () =>
      onFreshContext(false, async (context) => {
        const sizeBytes = await transferredBytes(context, cluster.url + pages[name]);
        console.info(`${name}: ${(sizeBytes / 1000).toFixed(1)} kB transferred`);
        expect(sizeBytes).toBeGreaterThan(5_000);
        expect(sizeBytes).toBeLessThan(transferredBytesMax);
      }));
  }

  for (const colorScheme of schemes) {
    it(`is drawn, ${colorScheme}`, () =>
      onPage(
        pages.search,
        async (page) => {
          const stream = keepAsking();
          await page.waitForSelector(".waterfall");
          await page.screenshot({ path: join(pictures, `search-${colorScheme}.png`) });
          await page.click("#cluster-link");
          await page.waitForTimeout(12_000);
          await page.screenshot({ path: join(pictures, `cluster-${colorScheme}.png`) });
          await stream.stop();
          await page.goto(`${cluster.url}/docs#search`);
          await page.waitForSelector(".reference");
          await page.screenshot({ path: join(pictures, `docs-${colorScheme}.png`) });
        },
        { colorScheme },
      ));
  }
});
