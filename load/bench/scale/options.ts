import { FlagError } from "../flags.ts";
import { fullSizes, type Part, parts, quickSizes, type Sizes, usualDocumentsMax } from "./sizes.ts";

/** What was asked for on the command line. */
export type ScaleFlags = {
  json: boolean;
  part?: string | undefined;
  quick?: boolean | undefined;
  "documents-max"?: string | undefined;
};

export type ScaleOptions = { json: boolean; isQuick: boolean; parts: readonly Part[]; sizes: Sizes };

const documentsMaxRange = { min: 10_000, max: 10_000_000 };

/** Reads the flags. Throws a FlagError that says which one does not fit, and what would. */
export function readScaleOptions({
  json,
  part,
  quick = false,
  "documents-max": documentsMax,
}: ScaleFlags): ScaleOptions {
  const sizes = quick ? quickSizes : fullSizes(readDocumentsMax(documentsMax));
  return { json, isQuick: quick, parts: part === undefined ? parts : [readPart(part)], sizes };
}

function readPart(text: string): Part {
  const found = parts.find((part) => part === text);
  if (found === undefined) throw new FlagError(`--part must be one of ${parts.join(", ")}, not "${text}"`);
  return found;
}

function readDocumentsMax(text: string | undefined): number {
  if (text === undefined) return usualDocumentsMax;
  const count = text.trim() === "" ? Number.NaN : Number(text);
  const { min, max } = documentsMaxRange;
  if (Number.isInteger(count) && count >= min && count <= max) return count;
  throw new FlagError(`--documents-max must be a whole number from ${min} to ${max}, not "${text}"`);
}
