import { LatencyTracker } from "../../src/policy/latency-window.ts";
import { LeafTimes } from "../../src/root/leaf-times.ts";
import { seededRandom, systemClock } from "../../src/time.ts";

const recordings = 2_000_000;
const rounds = 5;
const limitUs = 1;

/** What it costs to take one answer's times into all windows, at the pace of a busy root: 20,000 answers a second. */
export async function run({ json }: { json: boolean }): Promise<void> {
  const random = seededRandom(1);
  const latenciesMs = Float64Array.from({ length: 4096 }, () => -3 * Math.log(1 - random.next()));
  const attempt = new LatencyTracker();
  const leaf = new LeafTimes();
  const microseconds = {
    attempt: best((durationMs, nowMs) => attempt.record(durationMs, nowMs), latenciesMs),
    leafTimes: best(
      (durationMs, nowMs) => leaf.record({ queuedMs: durationMs / 4, tookMs: durationMs }, nowMs),
      latenciesMs,
    ),
  };
  const withinLimit = microseconds.attempt + microseconds.leafTimes <= limitUs;
  if (json) {
    process.stdout.write(`${JSON.stringify({ bench: "recording", microseconds, limitUs, withinLimit })}\n`);
    return;
  }
  const { attempt: attemptUs, leafTimes: leafTimesUs } = microseconds;
  process.stdout.write(`an attempt's latency, three windows      ${attemptUs.toFixed(3)} µs\n`);
  process.stdout.write(`its queueing and service time, the same  ${leafTimesUs.toFixed(3)} µs\n`);
  process.stdout.write(`together ${(attemptUs + leafTimesUs).toFixed(3)} µs an answer (at most ${limitUs})\n`);
}

/** The mean of the fastest round, in microseconds. */
function best(record: (durationMs: number, nowMs: number) => void, latenciesMs: Float64Array): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const beganMs = systemClock.nowMs();
    for (let i = 0; i < recordings; i++) record(latenciesMs[i & 4095] ?? 0, round * 100_000 + i / 20);
    fastest = Math.min(fastest, ((systemClock.nowMs() - beganMs) * 1000) / recordings);
  }
  return fastest;
}
