import type { Plan } from "../protocol/plan.ts";
import type { FieldType, IndexSettings } from "../protocol/settings.ts";
import { instantText } from "../time.ts";
import type { WrittenHit } from "./answer.ts";
import type { MergedHit } from "./merge.ts";

/** A column's value as callers wrote it: instants as text, booleans as true and false. */
export function shownValue(value: string | number, type: FieldType): string | number | boolean {
  if (type === "boolean") return value === 1;
  return type === "date" ? instantText(Number(value)) : value;
}

/** A page whose hits show what they were sorted by as callers wrote it. */
export function shownPage(page: readonly MergedHit[], { sort }: Plan, settings: IndexSettings): WrittenHit[] {
  if (sort === undefined) return [...page];
  const types = sort.map(({ field }) => settings.fields[field]?.type ?? "number");
  return page.map(({ hit, source, settled }) => {
    const values = types.map((type, i) => {
      const value = hit.sort?.[i] ?? null;
      return value === null ? null : shownValue(value, type);
    });
    return { hit: { ...hit, sort: values }, source, settled };
  });
}
