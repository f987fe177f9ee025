import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort } from "node:worker_threads";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Asset, AssetStore } from "./assets.ts";

const source = fileURLToPath(new URL("..", import.meta.url));
const charts = dirname(fileURLToPath(import.meta.resolve("uplot")));

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
};

/** Modules keep one name whether they are served from TypeScript or from what a build made of it. */
function nameOf(path: string): string {
  return path.endsWith(".ts") ? `${path.slice(0, -3)}.js` : path;
}

function textOf(path: string): string {
  const text = readFileSync(path, "utf8");
  return path.endsWith(".ts") ? stripTypeScriptTypes(text).replaceAll(/[ \t]+$/gm, "") : text;
}

function assetFrom(name: string, text: string): Asset {
  const identity = Buffer.from(text);
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  return {
    type: types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    tag: createHash("sha256").update(identity).digest("base64url").slice(0, 22),
    bodies: {
      identity,
      br: brotliCompressSync(identity, { params: quality }),
      gzip: gzipSync(identity, { level: constants.Z_BEST_COMPRESSION }),
    },
  };
}

/**
 * The content security policy of the pages: nothing but this origin's own files, no markup made of text, and of inline
 * scripts only the pages' import maps, each by its hash.
 */
function policyOf(pages: readonly string[]): string {
  const maps = pages.flatMap((page) => [...page.matchAll(/<script type="importmap">([^<]*)<\/script>/g)]);
  const hashes = maps.map(([, map = ""]) => `'sha256-${createHash("sha256").update(map).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src 'self' ${[...new Set(hashes)].join(" ")}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

function readStore(): AssetStore {
  const page = join(source, "console", "page");
  const own = readdirSync(page)
    .filter((file) => !file.endsWith(".d.ts") && !file.endsWith(".json") && !file.endsWith(".map"))
    .map((file) => [`console/page/${nameOf(file)}`, textOf(join(page, file))] as const);
  const texts = new Map([
    ...own,
    ["time.js", textOf(join(source, `time${extname(import.meta.url)}`))],
    ["uplot.js", textOf(join(charts, "uPlot.esm.js"))],
    ["uplot.css", textOf(join(charts, "uPlot.min.css"))],
  ]);
  const pages = [...texts].filter(([name]) => name.endsWith(".html")).map(([, text]) => text);
  return { assets: new Map([...texts].map(([name, text]) => [name, assetFrom(name, text)])), policy: policyOf(pages) };
}

parentPort?.postMessage(readStore());
