/**
 * The one place that touches the machine's clocks, timers and randomness. Everything else takes them as arguments, so
 * that the simulator and the tests can put virtual ones in.
 */

/** A monotonic clock. `nowMs` counts milliseconds, with a fraction, from an arbitrary start; it never goes back. */
export type Clock = { nowMs(): number };

/** A timer that was set. Cancelling one that has fired, or twice, does nothing. */
export type Timer = { cancel(): void };

/** Runs callbacks later. A callback never runs before `delayMs` has passed, and never synchronously. */
export type Timers = { after(delayMs: number, run: () => void): Timer };

/** A source of numbers in [0, 1). */
export type Random = { next(): number };

// Held here: the global one is looked up through a getter, each time.
const { performance } = globalThis;

/** This process's monotonic clock. */
export const systemClock: Clock = { nowMs: () => performance.now() };

/** Node's timers. */
export const systemTimers: Timers = {
  after(delayMs, run) {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** The machine's own randomness, for jitter and for choices that nobody replays. */
export const systemRandom: Random = { next: () => Math.random() };

/** Resolves after `delayMs`. */
export function sleep(delayMs: number, timers: Timers = systemTimers): Promise<void> {
  return new Promise((resolve) => void timers.after(delayMs, resolve));
}

/** The wall clock as an RFC 3339 instant, for people; no decision may rest on it. */
export function wallInstant(): string {
  return new Date().toISOString();
}

/**
 * A small, fast, seeded generator (xoshiro128**, Blackman and Vigna 2018, seeded by splitmix32). The same seed gives
 * the same numbers on every machine.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  return {
    next() {
      const product = Math.imul(b, 5);
      const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      return result / 0x1_0000_0000;
    },
  };
}

/**
 * What to add to an instant of `systemClock` for milliseconds since 1970, by the wall clock as it stands now; for people.
 * That clock counts whole milliseconds: instants that belong together need one and the same offset.
 */
export function epochOffsetMs(): number {
  return Date.now() - performance.now();
}

/** Lets everything else that is waiting for the event loop run first. */
export function yieldToLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const instantPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::([0-5]\d|60)(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/i;
const instantLengthMax = 40;
/** The years that four digits can say. */
const firstInstantMs = Date.parse("0000-01-01T00:00:00.000Z");
const lastInstantMs = Date.parse("9999-12-31T23:59:59.999Z");
const secondMs = 1000;
const dayMs = 86_400_000;

/** What `parseInstant` takes, for whoever wrote something else. */
export const instantForm =
  "an RFC 3339 instant such as 2024-05-01T12:00:00Z, or a date such as 2024-05-01, that the calendar has and UTC puts in the years 0000 to 9999";

/**
 * An RFC 3339 instant, or a date alone (midnight UTC), in milliseconds since 1970; `undefined` for anything else, for days
 * that the calendar does not have, and for what is in another year than 0 to 9999 by UTC, which `instantText` could not
 * say. The seconds may be left out; a leap second is the second after it.
 */
export function parseInstant(text: string): number | undefined {
  if (text.length > instantLengthMax) return undefined;
  const parts = instantPattern.exec(text);
  if (parts === null || !isDay(Number(parts[1]), Number(parts[2]), Number(parts[3]))) return undefined;
  const instantMs = parts[4] === "60" ? afterLeapSecond(text) : Date.parse(text.toUpperCase());
  return instantMs >= firstInstantMs && instantMs <= lastInstantMs ? instantMs : undefined;
}

/** The second after second 60 of a minute, which only a day's last minute can have; NaN elsewhere. */
function afterLeapSecond(text: string): number {
  const instantMs = Date.parse(text.toUpperCase().replace(":60", ":59")) + secondMs;
  const intoDayMs = ((instantMs % dayMs) + dayMs) % dayMs;
  return intoDayMs < secondMs ? instantMs : Number.NaN;
}

/** Whether the calendar has the day. Left to itself, the parser takes 30 February for 1 March. */
function isDay(year: number, month: number, day: number): boolean {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return month >= 1 && month <= 12 && day >= 1 && day <= last;
}

/** Runs `run` after the sockets that are ready now were read: a timer that was due first may then be too early. */
export function afterPoll(run: () => void): void {
  setImmediate(run);
}

/** Milliseconds since 1970 as an RFC 3339 instant; the inverse of `parseInstant`. */
export function instantText(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
