/**
 * All of them as often as there are rounds, every other round backwards: what drifts, or disturbs the machine for a
 * while, then weighs on all of them alike.
 */
export function* inTurns<T>(all: readonly T[], rounds: number): Generator<{ one: T; round: number }> {
  for (let round = 1; round <= rounds; round++) {
    for (const one of round % 2 === 1 ? all : all.toReversed()) yield { one, round };
  }
}
