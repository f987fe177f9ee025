/** How a shard's part of an answer can end; the last four are missing from the answer. */
export const shardOutcomes = ["complete", "truncated", "late", "failed", "shed", "unavailable"] as const;

export type ShardOutcome = (typeof shardOutcomes)[number];
