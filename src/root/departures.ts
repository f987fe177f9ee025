import type { ShardAddress } from "../protocol/link.ts";
import type { Timer, Timers } from "../time.ts";
import type { LeafLink } from "./leaf-link.ts";

/** A replica that this root has let go of. */
export type Departing = { leaf: { name: string; link: LeafLink }; health: { readonly inflight: number } };

type Waiting = { key: string; wantedAgain: boolean; timer: Timer | undefined };

const closeTimeoutMs = 5_000;
const pollMs = 50;
/** No search takes longer than its budget; one that does is not waited for. */
const pollsMax = 1_300;

/**
 * Tells leaves that replicas are not wanted any more: of each, once the searches that it was sent have ended. A leaf
 * that is away then is told when it is back and still holds it.
 */
export class Departures<Replica extends Departing> {
  readonly #timers: Timers;
  readonly #onGone: (replica: Replica) => void;
  readonly #waiting = new Set<Waiting>();

  /** `onGone` hears when the last search that a replica was sent has ended. */
  constructor(timers: Timers, onGone: (replica: Replica) => void) {
    this.#timers = timers;
    this.#onGone = onGone;
  }

  add(replica: Replica, address: ShardAddress): void {
    const waiting: Waiting = { key: keyOf(replica.leaf.name, address), wantedAgain: false, timer: undefined };
    this.#waiting.add(waiting);
    const look = (polls: number): void => {
      if (replica.health.inflight > 0 && polls < pollsMax) {
        waiting.timer = this.#timers.after(pollMs, () => look(polls + 1));
        return;
      }
      this.#waiting.delete(waiting);
      this.#onGone(replica);
      if (waiting.wantedAgain) return;
      replica.leaf.link.call("close", address, { timeoutMs: closeTimeoutMs }).catch(() => undefined);
    };
    look(0);
  }

  /** The replica is wanted again: its leaf is not told what it was not yet told. */
  keep(leaf: string, address: ShardAddress): void {
    const key = keyOf(leaf, address);
    for (const waiting of this.#waiting) if (waiting.key === key) waiting.wantedAgain = true;
  }

  close(): void {
    for (const { timer } of this.#waiting) timer?.cancel();
    this.#waiting.clear();
  }
}

function keyOf(leaf: string, { incarnation, shard }: ShardAddress): string {
  return `${incarnation}/${shard}/${leaf}`;
}
