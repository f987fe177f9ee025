import type { Random } from "../../src/time.ts";

/** A leaf that runs in a container. */
export type ChaosLeaf = { id: string; name: string; zone: string };

/** What happens to leaves, and what mends it. */
export const troubles = { pause: "unpause", kill: "start" } as const;
export type Trouble = keyof typeof troubles;

/** One round: the same trouble for one or more leaves of one zone. */
export type Round = { trouble: Trouble; victims: ChaosLeaf[] };

/**
 * What happens next. The leaves of one zone alone are touched, since replicas of a shard stand in different zones: as
 * long as the other zones are whole no query may lose anything. `undefined` where there are fewer than two zones.
 */
export function nextRound(leaves: readonly ChaosLeaf[], random: Random): Round | undefined {
  const zones = [...new Set(leaves.map(({ zone }) => zone))].sort();
  const zone = zones[Math.floor(random.next() * zones.length)];
  if (zone === undefined || zones.length < 2) return undefined;
  const trouble: Trouble = random.next() < 0.5 ? "pause" : "kill";
  const candidates = leaves.filter((leaf) => leaf.zone === zone).sort((a, b) => (a.name < b.name ? -1 : 1));
  const victims: ChaosLeaf[] = [];
  for (let wanted = 1 + Math.floor(random.next() * candidates.length); wanted > 0; wanted--) {
    victims.push(...candidates.splice(Math.floor(random.next() * candidates.length), 1));
  }
  return { trouble, victims };
}
