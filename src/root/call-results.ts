import { isAmount, isListOf, isNumber, isString } from "../protocol/checks.ts";
import type { LinkCallName, LinkCalls, ReplicaStatus } from "../protocol/link.ts";
import { isRecord } from "../protocol/record.ts";

type Results = { [Name in LinkCallName]: (value: unknown) => value is LinkCalls[Name]["result"] };

/** Whether what a leaf answered to a call is of the form that the call promises. */
export const callResultChecks: Results = {
  open: (value): value is LinkCalls["open"]["result"] => isRecord(value) && areCounts(value, ["sequence", "documents"]),
  close: (value): value is LinkCalls["close"]["result"] => isRecord(value),
  retain: (value): value is LinkCalls["retain"]["result"] => isRecord(value),
  apply: (value): value is LinkCalls["apply"]["result"] => isRecord(value) && areCounts(value, ["sequence"]),
  statistics: (value): value is LinkCalls["statistics"]["result"] =>
    isRecord(value) &&
    areCounts(value, ["sequence", "documents"]) &&
    typeof value.reset === "boolean" &&
    typeof value.more === "boolean" &&
    isRecord(value.cursor) &&
    typeof value.cursor.journal === "string" &&
    areCounts(value.cursor, ["version"]) &&
    isListOf(value.lengths, isNumber) &&
    isListOf(value.terms, isString) &&
    isListOf(value.counts, isNumber) &&
    value.terms.length === value.counts.length &&
    isListOf(value.limits, isNumber) &&
    (value.limits.length === 0 || value.terms.length === value.limits.length) &&
    Array.isArray(value.limitRows) &&
    value.limitRows.every((row) => isListOf(row, isNumber)),
  status: (value): value is LinkCalls["status"]["result"] => isRecord(value) && isListOf(value.replicas, isStatus),
};

const statusCounts = [
  "incarnation",
  "shard",
  "sequence",
  "documents",
  "deleted",
  "segments",
  "memtableDocuments",
  "sizeBytes",
] as const satisfies readonly (keyof ReplicaStatus)[];

function isStatus(value: unknown): value is ReplicaStatus {
  return isRecord(value) && typeof value.index === "string" && areCounts(value, statusCounts);
}

function areCounts(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => isAmount(value[name]));
}
