import { isRecord } from "./record.ts";

/** What a leaf tells of its work on an attempt whose plan asks for a profile. Instants are by the leaf's own clock. */
export type LeafProfile = {
  arrivedMs: number;
  startedMs: number;
  repliedMs: number;
  /** Time in the scoring kernel, over all slices; what is left of the run is other searches' and the sockets' turns. */
  kernelMs: number;
  slices: number;
  /**
   * Work done, in postings: exact for plain words, by windows where clauses are combined; facets, highlights and
   * explanations count as what they at most take as long as.
   */
  postings: number;
};

const names = ["arrivedMs", "startedMs", "repliedMs", "kernelMs", "slices", "postings"] as const;

/** Whether a reply's profile is one, or is not there. */
export function profileFits(value: unknown): value is LeafProfile | undefined {
  return value === undefined || (isRecord(value) && names.every((name) => Number.isFinite(value[name])));
}
