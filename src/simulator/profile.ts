import type { Random } from "../time.ts";

/** How long a leaf works on one attempt, in milliseconds, as a scenario file states it. */
export type ServiceProfile =
  | { kind: "constant"; ms: number }
  | { kind: "exponential"; meanMs: number }
  /** `spread` is the standard deviation of the logarithm. */
  | { kind: "lognormal"; medianMs: number; spread: number }
  /** Points of the distribution, `[share, ms]`; between them log-log in the tail, beyond the last nothing. */
  | { kind: "quantiles"; points: readonly (readonly [number, number])[] }
  /** One in many is of another kind: `share` of them. */
  | { kind: "mixture"; base: ServiceProfile; share: number; other: ServiceProfile }
  /** `share` of the attempts take longer by an exponential time. */
  | { kind: "hiccups"; base: ServiceProfile; share: number; meanMs: number };

/** Draws service times. */
export type ServiceSampler = { meanMs: number; sample(random: Random): number };

export function serviceSampler(profile: ServiceProfile): ServiceSampler {
  switch (profile.kind) {
    case "constant":
      return { meanMs: profile.ms, sample: () => profile.ms };
    case "exponential":
      return { meanMs: profile.meanMs, sample: (random) => exponential(profile.meanMs, random) };
    case "lognormal":
      return {
        meanMs: profile.medianMs * Math.exp(profile.spread ** 2 / 2),
        sample: (random) => profile.medianMs * Math.exp(profile.spread * standardNormal(random)),
      };
    case "quantiles":
      return quantileSampler(profile.points);
    case "mixture": {
      const base = serviceSampler(profile.base);
      const other = serviceSampler(profile.other);
      return {
        meanMs: base.meanMs * (1 - profile.share) + other.meanMs * profile.share,
        sample: (random) => (random.next() < profile.share ? other : base).sample(random),
      };
    }
    case "hiccups": {
      const base = serviceSampler(profile.base);
      return {
        meanMs: base.meanMs + profile.share * profile.meanMs,
        sample(random) {
          const ms = base.sample(random);
          return random.next() < profile.share ? ms + exponential(profile.meanMs, random) : ms;
        },
      };
    }
  }
}

/** An exponential time of this mean. */
export function exponential(meanMs: number, random: Random): number {
  return -meanMs * Math.log(1 - random.next());
}

/** A standard normal number (Box and Muller 1958, one of the two). */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/**
 * Between two points, the logarithm of the time is linear in the logarithm of the share that takes longer: a tail
 * between measured quantiles is then a piece of a power law, as latency tails are.
 */
function quantileSampler(points: readonly (readonly [number, number])[]): ServiceSampler {
  const logExceeds = points.map(([share]) => Math.log(Math.max(1 - share, 1e-12)));
  const logTimes = points.map(([, ms]) => Math.log(ms));
  const at = (exceeds: number): number => {
    const log = Math.log(exceeds);
    let i = 1;
    while (i < points.length - 1 && log < (logExceeds[i] ?? 0)) i++;
    const [x0, x1] = [logExceeds[i - 1] ?? 0, logExceeds[i] ?? 0];
    const [y0, y1] = [logTimes[i - 1] ?? 0, logTimes[i] ?? 0];
    const along = x1 === x0 ? 1 : Math.min(1, Math.max(0, (log - x0) / (x1 - x0)));
    return Math.exp(y0 + along * (y1 - y0));
  };
  const steps = 100_000;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += at((i + 0.5) / steps);
  return { meanMs: sum / steps, sample: (random) => at(1 - random.next()) };
}
