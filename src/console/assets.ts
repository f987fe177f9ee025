import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { qualityOf, readAccepted } from "../protocol/accepted.ts";

/** How a body may be packed for the way; `identity` is as it is. */
export type Coding = "br" | "gzip" | "identity";

/** The codings that pack, from the larger results to the smaller. */
const largerFirst = ["gzip", "br"] as const;

/** A file of the console as it goes out, in every coding. */
export type Asset = { type: string; tag: string; bodies: Record<Coding, Uint8Array> };

/** What a browser may load and do on the console's pages; and the files, by their path below `/assets/`. */
export type AssetStore = { assets: ReadonlyMap<string, Asset>; policy: string };

/**
 * The console's files, read, stripped of types and compressed once, by a thread that ends with it: a root that serves
 * searches must not stand still for a page. Rejects when a file cannot be read.
 */
export function readAssets(): Promise<AssetStore> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(`./asset-thread${extname(import.meta.url)}`, import.meta.url), {
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    thread.once("message", (store: AssetStore) => resolve(store));
    thread.once("error", reject);
    thread.once("exit", (code) =>
      reject(new Error(`the console's files were not read: the thread ended with ${code}`)),
    );
  });
}

/** The form of an asset that the caller likes best by its `Accept-Encoding`, and of those the smallest. */
export function codingFor(accepted: string | undefined): Coding {
  const named = readAccepted(accepted);
  let best: { coding: Coding; quality: number } = { coding: "identity", quality: qualityOf(named, "identity") ?? 0 };
  for (const coding of largerFirst) {
    const quality = qualityOf(named, coding) ?? 0;
    if (quality > 0 && quality >= best.quality) best = { coding, quality };
  }
  return best.coding;
}

/** Whether a browser asks, which takes pages; programs that take anything are given JSON. */
export function takesPages(accept: string | undefined): boolean {
  return (accept ?? "").toLowerCase().includes("text/html");
}

/** The entity tag of an asset in a coding: another coding is another representation. */
export function tagOf(asset: Asset, coding: Coding): string {
  return `"${asset.tag}-${coding}"`;
}

/** Whether an `If-None-Match` holds a tag, so that nothing need be sent again. */
export function isKnown(tag: string, ifNoneMatch: string | undefined): boolean {
  return (ifNoneMatch ?? "").split(",").some((one) => [tag, `W/${tag}`, "*"].includes(one.trim()));
}
