/** What may be done with a query. */
export type CanaryDecision =
  /** Nothing speaks against it. */
  | { kind: "all" }
  /** One like it may have crashed a leaf: ask one shard first, and the others when that one has answered. */
  | { kind: "one-first" }
  /** One like it did crash a leaf: refuse it as invalid until then. */
  | { kind: "refused"; untilMs: number };

/** How sure it is that the query did it: the leaf said so, or it was merely there when a connection broke. */
export type CrashEvidence = "reported" | "coincident";

type Memory = { coincidences: number; suspectUntilMs: number; refusedUntilMs: number };

const refusedMs = 60_000;
const suspectMs = 60_000;
const shapesMax = 1_000;

/**
 * Keeps a poisonous query from taking a fleet down leaf by leaf. Queries are known by a name that the root gives them:
 * their shape, or their very words. A crash that can only be theirs has them refused for a minute. One that may have been
 * another's makes them suspects, whose next goes to one leaf alone; if two such leaves die it counts as a crash, and if
 * one answers the suspicion is over. What comes back after its minute is a suspect again.
 */
export class Canary {
  private readonly shapes = new Map<string, Memory>();
  private calmFromMs = Number.NEGATIVE_INFINITY;

  /** Nothing is held against anything. */
  isCalm(nowMs: number): boolean {
    if (nowMs < this.calmFromMs) return false;
    if (this.shapes.size > 0) this.shapes.clear();
    return true;
  }

  decide(shape: string, nowMs: number): CanaryDecision {
    const memory = this.shapes.get(shape);
    if (memory === undefined) return { kind: "all" };
    if (nowMs < memory.refusedUntilMs) return { kind: "refused", untilMs: memory.refusedUntilMs };
    if (nowMs < memory.suspectUntilMs) return { kind: "one-first" };
    this.shapes.delete(shape);
    return { kind: "all" };
  }

  /** One of this shape was tried on one leaf first, and that leaf died. */
  crashed(shape: string, evidence: CrashEvidence, nowMs: number): void {
    const memory = this.take(shape);
    memory.coincidences = nowMs < memory.suspectUntilMs ? memory.coincidences + 1 : 1;
    const sure = evidence === "reported" || memory.coincidences >= 2;
    if (sure) memory.refusedUntilMs = nowMs + refusedMs;
    memory.suspectUntilMs = nowMs + suspectMs + (sure ? refusedMs : 0);
    this.remember(shape, memory);
  }

  /**
   * One of this shape was under way on a leaf that died. That alone never has anything refused, however often it comes:
   * when a host goes down its leaves die together, with whatever they were asked.
   */
  suspected(shape: string, nowMs: number): void {
    const memory = this.take(shape);
    memory.suspectUntilMs = Math.max(memory.suspectUntilMs, nowMs + suspectMs);
    this.remember(shape, memory);
  }

  /** A query of this shape was answered by a leaf. */
  survived(shape: string, nowMs: number): void {
    const memory = this.shapes.get(shape);
    if (memory !== undefined && nowMs >= memory.refusedUntilMs) this.shapes.delete(shape);
  }

  /** The leaf turned out to live: nothing had crashed. */
  acquitted(shape: string): void {
    this.shapes.delete(shape);
  }

  /** What is held against a shape, taken out: it comes back as the newest. */
  private take(shape: string): Memory {
    const memory = this.shapes.get(shape) ?? { coincidences: 0, suspectUntilMs: 0, refusedUntilMs: 0 };
    this.shapes.delete(shape);
    return memory;
  }

  private remember(shape: string, memory: Memory): void {
    this.shapes.set(shape, memory);
    this.calmFromMs = Math.max(this.calmFromMs, memory.suspectUntilMs);
    if (this.shapes.size <= shapesMax) return;
    for (const oldest of this.shapes.keys()) {
      this.shapes.delete(oldest);
      return;
    }
  }
}
