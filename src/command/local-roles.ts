import { join } from "node:path";
import { leafBytesLeast } from "../config/security-settings.ts";
import { type Config, flagsFor } from "../config.ts";
import { memoryLimitBytes } from "../security/memory-limit.ts";

/** The flags that `up` starts its leaf at `place` with. Where it listened before, it listens again. */
export function leafFlags(up: Config, place: number, url?: string): string[] {
  const name = leafName(place);
  return flagsFor("leaf", {
    ...up,
    name,
    zone: zoneOf(place, up),
    data: join(up.data, name),
    // A share of a small machine may be less than a leaf takes as a limit.
    memoryBytesMax: Math.max(leafBytesLeast, memoryLimitBytes(up.memoryBytesMax, up.leaves)),
    // On this machine alone, whatever is said of the root.
    host: "127.0.0.1",
    insecure: false,
    port: portOf(url),
  });
}

/** The flags that `up` starts its root with, which finds the leaves at `leafUrls`. */
export function rootFlags(up: Config, leafUrls: readonly string[], url?: string): string[] {
  return flagsFor("root", {
    ...up,
    name: "root",
    leafUrls: leafUrls.map((leafUrl, i) => ({ name: leafName(i), zone: zoneOf(i, up), url: leafUrl })),
    port: up.port === 0 ? portOf(url) : up.port,
  });
}

export function leafName(place: number): string {
  return `leaf-${place + 1}`;
}

function zoneOf(place: number, { zones }: Config): string {
  return `zone-${String.fromCharCode(97 + (place % zones))}`;
}

/** A free one where it has not listened yet. */
function portOf(url: string | undefined): number {
  return url === undefined ? 0 : Number(new URL(url).port);
}
