import { helpText, readFlags } from "../../src/command/flags.ts";

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

const command = {
  usage: `npm run relevance -- --collection DIR [flags]

Loads a test collection (docs.jsonl, queries.tsv, qrels.tsv) into a cluster of its own, as one flat text field of
title and body, asks every judged query and prints how good the answers are.`,
  flags: {
    collection: { kind: "text", placeholder: "DIR", reason: "the collection" },
    compare: { kind: "switch", reason: "hold other rankings (proximity, feedback, fields) against plain BM25" },
    json: { kind: "switch", reason: "print one JSON object instead of a table" },
    shards: { kind: "number", min: 1, max: 256, isWhole: true, reason: "shards of the index (4)" },
    replicas: { kind: "number", min: 1, max: 16, isWhole: true, reason: "replicas of each shard (1)" },
    leaves: {
      kind: "number",
      min: 1,
      max: 64,
      isWhole: true,
      reason: "leaf processes, as many as replicas or more (2)",
    },
    k1: { kind: "number", max: 10, reason: "BM25's saturation of counts (0.9)" },
    b: { kind: "number", max: 1, reason: "BM25's share of lengths (0.4)" },
    language: { kind: "text", placeholder: "CODE", reason: "the index's language (en)" },
  },
} as const;

export const usage = helpText(command);

/** Reads the flags. What does not fit is named. */
export function readOptions(args: readonly string[]): OptionsResult {
  const read = readFlags(args, command);
  if (read.kind === "help") return { kind: "help" };
  if (read.kind === "misuse") return { kind: "invalid", detail: read.problem };
  const [word] = read.words;
  if (word !== undefined) return { kind: "invalid", detail: `"${word}": there is nothing to say beside flags` };
  const { collection, json = false, compare = false, language = "en" } = read.values;
  const { shards = 4, replicas = 1, leaves = 2, k1 = 0.9, b = 0.4 } = read.values;
  if (collection === undefined) return { kind: "invalid", detail: "--collection DIR is needed" };
  if (leaves < replicas)
    return { kind: "invalid", detail: `--leaves must be ${replicas} at least, one for each replica` };
  return { kind: "options", options: { collection, json, compare, shards, replicas, leaves, k1, b, language } };
}
