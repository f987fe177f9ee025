import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { leavesToPlaceOn } from "../../src/cluster/members.ts";
import { decideMoves } from "../../src/cluster/moves.ts";
import { placeReplicas } from "../../src/cluster/placement.ts";

type Leaf = { name: string; zone: string; leaving: boolean; up: boolean };

const shards = 6;
const replicas = 2;

/** Leaves that come, go, die and come back, and replicas that take their time to fill. */
class World {
  leaves: Leaf[] = [];
  /** By shard: the leaves that hold it, and whether they have caught up. */
  readonly held: Map<string, boolean>[] = Array.from({ length: shards }, () => new Map());
  opened = 0;
  #joined = 0;

  join(zone: number): void {
    this.leaves.push({ name: `leaf-${++this.#joined}`, zone: `zone-${zone % 3}`, leaving: false, up: true });
  }

  member(name: string): Leaf | undefined {
    return this.leaves.find((leaf) => leaf.name === name);
  }

  serving(shard: number): string[] {
    return [...(this.held[shard] ?? [])].flatMap(([name, filled]) =>
      filled && this.member(name)?.up === true ? [name] : [],
    );
  }

  placed(): string[][] {
    const leaves = leavesToPlaceOn(this.leaves).map(({ name, zone }) => ({ name, zone }));
    return placeReplicas({ index: "demo", shards, replicas, leaves, salt: 3 });
  }

  /** Carries out what is decided until there is nothing more to do. */
  settle(): void {
    const placed = this.placed();
    this.held.forEach((here, shard) => {
      for (let steps = 0; ; steps++) {
        expect(steps).toBeLessThan(10);
        const before = this.serving(shard);
        const wanted = placed[shard] ?? [];
        const held = [...here.keys()].map((leaf) => ({ leaf, serving: before.includes(leaf) }));
        const isMember = (leaf: string): boolean => this.member(leaf) !== undefined;
        const { open, drop } = decideMoves({ placed: wanted, held, isMember });
        if (open.length + drop.length === 0) break;
        for (const leaf of open) {
          expect(here.has(leaf)).toBe(false);
          expect(wanted).toContain(leaf);
          here.set(leaf, false);
          this.opened++;
        }
        for (const leaf of drop) expect(here.delete(leaf)).toBe(true);
        const lost = before.filter((leaf) => !here.has(leaf));
        if (lost.length > 0) expect(this.serving(shard)).toEqual(expect.arrayContaining(wanted));
      }
    });
  }

  /** Some replica on a leaf that is up catches up. */
  fill(pick: number): void {
    const filling = this.held.flatMap((here) =>
      [...here].flatMap(([name, filled]) =>
        !filled && this.member(name)?.up === true ? [() => void here.set(name, true)] : [],
      ),
    );
    filling[pick % Math.max(1, filling.length)]?.();
  }

  fillAll(): void {
    for (let before = -1; before !== this.opened; ) {
      before = this.opened;
      for (const here of this.held) for (const name of here.keys()) if (this.member(name)?.up) here.set(name, true);
      this.settle();
    }
  }

  /** A leaf that was told to leave ends when it holds nothing. */
  endDrained(): void {
    this.leaves = this.leaves.filter(({ name, leaving }) => !leaving || this.held.some((here) => here.has(name)));
  }

  expectAtRest(): void {
    const placed = this.placed();
    this.held.forEach((here, shard) => {
      expect([...here.keys()].sort()).toEqual([...(placed[shard] ?? [])].sort());
    });
  }
}

function worldOf(leaves: number): World {
  const world = new World();
  for (let i = 0; i < leaves; i++) world.join(i);
  world.settle();
  world.fillAll();
  world.opened = 0;
  return world;
}

type Step = { kind: "join" | "drain" | "stay" | "fill" | "crash" | "recover" | "expire"; pick: number };
const planned = ["join", "drain", "stay", "fill", "fill", "fill", "fill"] as const;
const steps = (kinds: readonly Step["kind"][]): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(1000) }), { maxLength: 60 });

function take(world: World, { kind, pick }: Step): void {
  const leaf = world.leaves[pick % Math.max(1, world.leaves.length)];
  const staying = world.leaves.filter(({ leaving }) => !leaving).length;
  if (kind === "join" && world.leaves.length < 12) world.join(pick);
  if (kind === "fill") world.fill(pick);
  if (leaf === undefined) return;
  if (kind === "drain" && staying > replicas) leaf.leaving = true;
  if (kind === "stay") leaf.leaving = false;
  if (kind === "crash") leaf.up = false;
  if (kind === "recover") leaf.up = true;
  if (kind === "expire" && !leaf.up) world.leaves = world.leaves.filter((other) => other !== leaf);
}

describe("moving a shard's replicas", () => {
  it("never leaves a shard with fewer that serve than it is to have, whatever is planned meanwhile", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 6 }), steps(planned), (leaves, sequence) => {
        const world = worldOf(leaves);
        for (const step of sequence) {
          take(world, step);
          world.settle();
          world.endDrained();
          for (let shard = 0; shard < shards; shard++)
            expect(world.serving(shard).length).toBeGreaterThanOrEqual(replicas);
        }
      }),
      { seed: 51, numRuns: 400 },
    );
  });

  it("comes to rest where placement wants it, whatever has died and come back meanwhile", () => {
    const any = [...planned, "crash", "recover", "expire"] as const;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), steps(any), (leaves, sequence) => {
        const world = worldOf(leaves);
        for (const step of sequence) {
          take(world, step);
          world.settle();
        }
        for (const leaf of world.leaves) leaf.up = true;
        if (world.leaves.length === 0) world.join(0);
        world.settle();
        world.fillAll();
        world.expectAtRest();
      }),
      { seed: 52, numRuns: 400 },
    );
  });

  it("opens nothing but what a leaf that joins takes over, and nothing when one is away for a moment", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(2), (leaves, zone) => {
        const world = worldOf(leaves);
        const [first] = world.leaves;
        if (first !== undefined) first.up = false;
        world.settle();
        expect(world.opened).toBe(0);
        if (first !== undefined) first.up = true;
        const before = world.placed();
        world.join(zone);
        const taken = world.placed().flatMap((names, shard) => names.filter((name) => !before[shard]?.includes(name)));
        world.settle();
        world.fillAll();
        expect(world.opened).toBe(taken.length);
        world.expectAtRest();
      }),
      { seed: 53, numRuns: 200 },
    );
  });

  it("keeps the last that serves, though it is not wanted there, until another one does", () => {
    const isMember = (): boolean => true;
    const old = { leaf: "old", serving: true };
    const fresh = { leaf: "new", serving: false };
    expect(decideMoves({ placed: ["new"], held: [old], isMember })).toEqual({ open: ["new"], drop: [] });
    expect(decideMoves({ placed: ["new"], held: [old, fresh], isMember })).toEqual({ open: [], drop: [] });
    const caughtUp = { leaf: "new", serving: true };
    expect(decideMoves({ placed: ["new"], held: [old, caughtUp], isMember })).toEqual({ open: [], drop: ["old"] });
    expect(decideMoves({ placed: [], held: [old], isMember })).toEqual({ open: [], drop: [] });
  });
});
