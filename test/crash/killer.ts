import { type Random, sleep } from "../../src/time.ts";
import type { Program } from "./program.ts";

export type KillPlan = {
  kills: number;
  random: Random;
  /** The longest pause between two blows. */
  pauseMsMax: number;
  /** The longest time for which a program stays down. */
  downMsMax: number;
};

/** How often each program was killed. */
export type KillTally = Map<string, number>;

export function killsIn(tally: KillTally): number {
  return [...tally.values()].reduce((sum, count) => sum + count, 0);
}

/** One blow in so many hits several programs at once, and one in so many is announced by SIGTERM a moment before. */
const severalShare = 0.15;
const announcedShare = 0.25;
/** A leaf that drains writes its snapshots: the kill then comes into that. */
const drainMsMax = 400;

/**
 * Kills running programs at random moments, those that are only starting too, and starts each again after a while.
 * Resolves when so many kills are done and everything runs.
 */
export async function killAtRandom(programs: readonly Program[], plan: KillPlan, tally: KillTally): Promise<void> {
  const { random, kills } = plan;
  const restarts = new Set<Promise<void>>();
  let failure: unknown;
  const goal = killsIn(tally) + kills;
  while (killsIn(tally) < goal && failure === undefined) {
    await sleep(random.next() ** 2 * plan.pauseMsMax);
    for (const victim of chooseVictims(programs, random)) {
      const restart = strike(victim, plan, tally).catch((error: unknown) => {
        failure ??= error;
      });
      restarts.add(restart);
      void restart.finally(() => restarts.delete(restart));
    }
  }
  while (restarts.size > 0) await Promise.all(restarts);
  if (failure !== undefined) throw failure;
}

function chooseVictims(programs: readonly Program[], random: Random): Program[] {
  const running = programs.filter(({ alive }) => alive);
  const count = random.next() < severalShare ? 2 + Math.floor(random.next() * (programs.length - 1)) : 1;
  const victims: Program[] = [];
  for (let i = 0; i < count && running.length > 0; i++) {
    victims.push(...running.splice(Math.floor(random.next() * running.length), 1));
  }
  return victims;
}

async function strike(victim: Program, { random, downMsMax }: KillPlan, tally: KillTally): Promise<void> {
  const announcedMs = random.next() < announcedShare ? random.next() * drainMsMax : undefined;
  const downMs = random.next() ** 2 * downMsMax;
  if (announcedMs !== undefined) {
    victim.askToEnd();
    await sleep(announcedMs);
  }
  if (await victim.kill()) tally.set(victim.name, (tally.get(victim.name) ?? 0) + 1);
  await sleep(downMs);
  if (!victim.alive) await victim.start();
}
