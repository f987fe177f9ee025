import { estimateOf, intersection, type OffsetInterval } from "../policy/clock-offset.ts";
import type { AttemptProfile } from "../protocol/answer-profile.ts";
import type { ShardReply } from "../protocol/link.ts";
import type { AttemptErrorCode } from "./gather-contract.ts";

/** What became of one attempt and when, by the root's clock; kept for every query, since most of it is known anyway. */
export type AttemptRecord = {
  readonly shard: number;
  readonly purpose: AttemptProfile["purpose"];
  readonly leaf: string;
  readonly budgetMs: number;
  readonly sentMs: number;
  readonly end: AttemptProfile["end"];
  readonly endedMs: number | undefined;
  readonly won: boolean;
  readonly code: AttemptErrorCode | undefined;
  readonly reply: ShardReply | undefined;
  /** Where the leaf's clock stands beside ours, where that was asked when it answered. */
  readonly offset: OffsetInterval | undefined;
  /** Names the write that its frame left in together with others on its link. */
  readonly batch: number | undefined;
};

/** When an attempt was on its leaf, by the root's clock, wrong by at most `clockErrorMs`. */
export type LeafTimeline = { arrivedMs: number; startedMs: number; repliedMs: number; clockErrorMs: number };

/**
 * Brings a leaf's times to the root's clock. The attempt bounds the clocks' offset as a ping does: it arrived after it
 * was sent, and was answered before the answer came. Without a profile only its durations are known; it is then as if
 * the leaf's clock had begun with the attempt, and the slack on the way is what may be wrong.
 */
export function leafTimeline({ reply, sentMs, endedMs, offset }: AttemptRecord): LeafTimeline | undefined {
  if (reply === undefined || endedMs === undefined) return undefined;
  const { queuedMs, tookMs } = reply;
  const told = reply.profile ?? { arrivedMs: 0, startedMs: queuedMs, repliedMs: queuedMs + tookMs };
  const own = { lowMs: told.repliedMs - endedMs, highMs: told.arrivedMs - sentMs };
  const known = reply.profile === undefined || offset === undefined ? own : (intersection(own, offset) ?? own);
  const { offsetMs, errorMs } = estimateOf(known);
  return {
    arrivedMs: told.arrivedMs - offsetMs,
    startedMs: told.startedMs - offsetMs,
    repliedMs: told.repliedMs - offsetMs,
    clockErrorMs: Math.max(0, errorMs),
  };
}
