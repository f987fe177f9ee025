import { isDeepStrictEqual } from "node:util";
import type { IndexSettings } from "../protocol/settings.ts";

/**
 * Whether two settings ask for the same. Where the replicas lie is what the first creation found best, not what anyone
 * asked for; and what is spelled out as it would be anyway is no other wish.
 */
export function sameWish(standing: IndexSettings, asked: IndexSettings): boolean {
  return isDeepStrictEqual(spelledOut(standing), { ...spelledOut(asked), placementSalt: standing.placementSalt });
}

function spelledOut(settings: IndexSettings): IndexSettings {
  const { fields, synonyms = [] } = settings;
  const weighed = Object.entries(fields).map(([name, field]) => [name, { boost: 1, ...field }]);
  return { ...settings, synonyms, fields: Object.fromEntries(weighed) };
}
