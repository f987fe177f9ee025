import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { isRecord } from "../../src/protocol/record.ts";
import { listOf } from "../support/word-index.ts";

const places = [process.env.CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is; undefined, and said aloud, where it is not. */
export function findChromium(): string | undefined {
  const found = places.find((place) => place !== "" && existsSync(place));
  if (found === undefined) {
    console.warn("\n*** NOT TESTED: the console in a browser. There is no Chromium (apt-get install chromium). ***\n");
  }
  return found;
}

export type Scheme = "light" | "dark";

export function launch(executablePath: string): Promise<Browser> {
  // A container's own walls stand in for Chromium's sandbox, which needs rights that few of them give.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A page that notes whatever a reader must never see: refused resources, errors, requests to elsewhere. */
export async function openPage(context: BrowserContext, url: string): Promise<{ page: Page; trouble: string[] }> {
  const trouble: string[] = [];
  const page = await context.newPage();
  page.on("pageerror", (error) => trouble.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A leaf that was stopped may cost a search its budget; the page says so, and so does the browser.
    if (message.type() === "error" && !message.text().includes("status of 50")) trouble.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) trouble.push(`asks elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  return { page, trouble };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds wrong with a page, a line each. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const result: unknown = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  if (!isRecord(result)) throw new Error("axe said nothing");
  return listOf(result.violations).map(
    ({ id, nodes }) =>
      `${id}: ${listOf(nodes)
        .map(({ html }) => html)
        .join(" ")}`,
  );
}

/** How many bytes come over the wire until a page has settled, headers included, with nothing cached. */
export async function transferredBytes(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  let sizeBytes = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    sizeBytes += encodedDataLength;
  });
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await page.goto(url, { waitUntil: "load" });
  await page.waitForTimeout(1_500);
  await page.close();
  return sizeBytes;
}
