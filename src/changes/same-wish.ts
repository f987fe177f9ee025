import { isDeepStrictEqual } from "node:util";
import type { IndexSettings } from "../protocol/settings.ts";

/** Where the replicas lie is what the first creation found best, not what anyone asked for. */
export function sameWish(standing: IndexSettings, asked: IndexSettings): boolean {
  return isDeepStrictEqual(standing, { ...asked, placementSalt: standing.placementSalt });
}
