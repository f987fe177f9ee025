import { parseArgs } from "node:util";
import { messageOf } from "../../src/errors.ts";

export type Options = {
  collection: string;
  json: boolean;
  compare: boolean;
  shards: number;
  replicas: number;
  leaves: number;
  k1: number;
  b: number;
  language: string;
};

export type OptionsResult =
  | { kind: "options"; options: Options }
  | { kind: "help" }
  | { kind: "invalid"; detail: string };

export const usage = `npm run relevance -- --collection DIR [flags]

Loads a test collection (docs.jsonl, queries.tsv, qrels.tsv) into a cluster of its own, as one flat text field of
title and body, asks every judged query and prints how good the answers are.

  --collection DIR   the collection
  --compare          hold other rankings (proximity, feedback, fields) against plain BM25
  --json             print one JSON object instead of a table
  --shards N         shards of the index (4)
  --replicas N       replicas of each shard (1)
  --leaves N         leaf processes (2)
  --k1 X, --b X      BM25's parameters (0.9, 0.4)
  --language CODE    the index's language (en)
`;

const flags = {
  collection: { type: "string" },
  json: { type: "boolean", default: false },
  compare: { type: "boolean", default: false },
  shards: { type: "string", default: "4" },
  replicas: { type: "string", default: "1" },
  leaves: { type: "string", default: "2" },
  k1: { type: "string", default: "0.9" },
  b: { type: "string", default: "0.4" },
  language: { type: "string", default: "en" },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** Reads the flags. What does not fit is named. */
export function readOptions(args: readonly string[]): OptionsResult {
  try {
    const { values } = parseArgs({ args: [...args], options: flags });
    if (values.help) return { kind: "help" };
    const { collection, json, compare, language } = values;
    if (collection === undefined) throw new Error("--collection DIR is needed");
    const shards = numberFrom("shards", values.shards, { min: 1, max: 256, whole: true });
    const replicas = numberFrom("replicas", values.replicas, { min: 1, max: 16, whole: true });
    const leaves = numberFrom("leaves", values.leaves, { min: replicas, max: 64, whole: true });
    const k1 = numberFrom("k1", values.k1, { min: 0, max: 10, whole: false });
    const b = numberFrom("b", values.b, { min: 0, max: 1, whole: false });
    return { kind: "options", options: { collection, json, compare, shards, replicas, leaves, k1, b, language } };
  } catch (error) {
    return { kind: "invalid", detail: messageOf(error) };
  }
}

function numberFrom(name: string, text: string, range: { min: number; max: number; whole: boolean }): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const fits = value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value));
  if (fits) return value;
  const kind = range.whole ? "a whole number" : "a number";
  throw new Error(`--${name} must be ${kind} from ${range.min} to ${range.max}, not "${text}"`);
}
