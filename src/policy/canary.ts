/** What may be done with a query of some shape. */
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
 * Keeps a poisonous query from taking a fleet down leaf by leaf. Queries are known by their shape, which the root
 * derives from the plan. A crash that a leaf reports has its shape refused for a minute. A connection that broke under
 * a query makes its shape a suspect, whose next query goes to one leaf alone; if that breaks too it counts as a crash,
 * and if it is answered the suspicion is over. A shape that comes back after its minute is a suspect again.
 */
export class Canary {
  private readonly shapes = new Map<string, Memory>();

  decide(shape: string, nowMs: number): CanaryDecision {
    const memory = this.shapes.get(shape);
    if (memory === undefined) return { kind: "all" };
    if (nowMs < memory.refusedUntilMs) return { kind: "refused", untilMs: memory.refusedUntilMs };
    if (nowMs < memory.suspectUntilMs) return { kind: "one-first" };
    this.shapes.delete(shape);
    return { kind: "all" };
  }

  /** An attempt of this shape ended with its leaf. */
  crashed(shape: string, evidence: CrashEvidence, nowMs: number): void {
    const memory = this.shapes.get(shape) ?? { coincidences: 0, suspectUntilMs: 0, refusedUntilMs: 0 };
    this.shapes.delete(shape);
    memory.coincidences = nowMs < memory.suspectUntilMs ? memory.coincidences + 1 : 1;
    const sure = evidence === "reported" || memory.coincidences >= 2;
    if (sure) memory.refusedUntilMs = nowMs + refusedMs;
    memory.suspectUntilMs = nowMs + suspectMs + (sure ? refusedMs : 0);
    this.shapes.set(shape, memory);
    this.forgetOldest();
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

  private forgetOldest(): void {
    if (this.shapes.size <= shapesMax) return;
    for (const oldest of this.shapes.keys()) {
      this.shapes.delete(oldest);
      return;
    }
  }
}
