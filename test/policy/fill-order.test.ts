import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Filling, leaderOf, type ShardSpan, standsBack, waitsFor } from "../../src/policy/fill-order.ts";

const page = 100;

/** A replica as a feed keeps it, with pages that take no time. */
class Replica implements Filling {
  sequence = 0;
  connected = true;
  before = false;
  hasBacklog = false;

  get sentSequence(): number {
    return this.sequence;
  }

  get serving(): boolean {
    return this.connected && !this.before;
  }
}

class Shard {
  readonly replicas: Replica[];
  readonly span: ShardSpan = { createdSequence: 0, appendedSequence: 0 };

  constructor(replicas: number) {
    this.replicas = Array.from({ length: replicas }, () => new Replica());
  }

  reconsider(): void {
    for (const replica of this.replicas) {
      replica.hasBacklog = replica.connected && this.lackedBy(replica) > page;
      replica.before = standsBack(replica, leaderOf(replica, this.replicas), this.span);
    }
  }

  lackedBy(replica: Replica): number {
    return this.span.appendedSequence - replica.sequence;
  }

  mayGoOn(replica: Replica): boolean {
    if (!replica.connected || this.lackedBy(replica) === 0) return false;
    const leader = leaderOf(replica, this.replicas);
    return !replica.before || leader === undefined || !waitsFor(leader, replica);
  }

  fill(replica: Replica): void {
    replica.sequence += Math.min(page, this.lackedBy(replica));
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), changes: fc.integer({ min: 1, max: 5_000 }) }),
  fc.record({ kind: fc.constant("fill" as const), place: fc.nat(3) }),
  fc.record({ kind: fc.constant("connect" as const), place: fc.nat(3), connected: fc.boolean() }),
);

describe("the order in which a shard's replicas are filled", () => {
  it("always has one go on, whatever breaks, and one serve where nothing does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (count, steps) => {
        const shard = new Shard(count);
        let broken = false;
        const check = (): void => {
          shard.reconsider();
          const there = shard.replicas.filter(({ connected }) => connected);
          broken ||= there.length < count;
          if (!broken) expect(there.some(({ serving }) => serving)).toBe(true);
          const lacking = there.filter((replica) => shard.lackedBy(replica) > 0);
          if (lacking.length > 0) expect(lacking.some((replica) => shard.mayGoOn(replica))).toBe(true);
        };
        for (const one of steps) {
          if (one.kind === "append") shard.span.appendedSequence += one.changes;
          const replica = one.kind === "append" ? undefined : shard.replicas[one.place];
          if (one.kind === "connect" && replica !== undefined) replica.connected = one.connected;
          if (one.kind === "fill" && replica !== undefined && shard.mayGoOn(replica)) shard.fill(replica);
          check();
        }
        for (const replica of shard.replicas) replica.connected = true;
        for (let turns = 0; shard.replicas.some((replica) => shard.lackedBy(replica) > 0); turns++) {
          check();
          for (const replica of shard.replicas.filter((one) => shard.mayGoOn(one))) shard.fill(replica);
          expect(turns).toBeLessThan(20_000);
        }
        shard.reconsider();
        expect(shard.replicas.every(({ serving }) => serving)).toBe(true);
      }),
      { seed: 107 },
    );
  });

  it("has a load into an empty index on one replica before the others get it, which do not answer meanwhile", () => {
    const shard = new Shard(3);
    shard.span.appendedSequence = 50 * page;
    const [first, ...others] = shard.replicas;
    for (let pages = 0; pages < 50; pages++) {
      shard.reconsider();
      expect(shard.replicas.map((replica) => shard.mayGoOn(replica))).toEqual([true, pages >= 49, pages >= 49]);
      if (pages > 0) expect(shard.replicas.map(({ serving }) => serving)).toEqual([true, false, false]);
      if (first !== undefined) shard.fill(first);
    }
    shard.reconsider();
    expect(others.every((replica) => shard.mayGoOn(replica))).toBe(true);
    for (let pages = 0; pages < 44; pages++) for (const replica of others) shard.fill(replica);
    shard.reconsider();
    expect(others.map(({ serving }) => serving)).toEqual([false, false]);
    for (const replica of others) shard.fill(replica);
    shard.reconsider();
    expect(others.map(({ serving }) => serving)).toEqual([true, true]);
  });

  it("leaves replicas alone that hold most of it, and small writes", () => {
    const shard = new Shard(2);
    shard.span.appendedSequence = page;
    shard.reconsider();
    expect(shard.replicas.map(({ serving }) => serving)).toEqual([true, true]);
    for (const replica of shard.replicas) replica.sequence = 10 * page;
    shard.span.appendedSequence = 20 * page;
    shard.reconsider();
    expect(shard.replicas.map((replica) => replica.serving && shard.mayGoOn(replica))).toEqual([true, true]);
  });

  it("does not have one wait for a sibling that is far ahead and still not done", () => {
    const shard = new Shard(2);
    const [first, second] = shard.replicas;
    shard.span.appendedSequence = 10_000_000;
    if (first === undefined || second === undefined) throw new Error("there are two");
    shard.reconsider();
    first.sequence = 249_999;
    shard.reconsider();
    expect(shard.mayGoOn(second)).toBe(false);
    first.sequence = 250_000;
    shard.reconsider();
    expect(shard.mayGoOn(second)).toBe(true);
    expect(second.serving).toBe(false);
  });
});
