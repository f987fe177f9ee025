import type { RunSecond } from "./recorder.ts";

/** Where progress is shown. */
export type ProgressIo = { stderr(text: string): void; isTerminal: boolean };

const everySeconds = 5;

/** A line that tells how a run goes: rewritten each second where somebody watches, else a new one now and then. */
export class ProgressLine {
  readonly #io: ProgressIo;
  #shown = false;

  constructor(io: ProgressIo) {
    this.#io = io;
  }

  /** Shows what a run does that is no leg of load. */
  say(text: string): void {
    this.clear();
    this.#io.stderr(`${text}\n`);
  }

  show(leg: string, second: RunSecond, atMs: number): void {
    const line = `${leg} ${Math.round(atMs / 1000)} s (${second.phase}): ${secondText(second)}`;
    if (this.#io.isTerminal) {
      this.#io.stderr(`\r\x1b[2K${line}`);
      this.#shown = true;
    } else if (Math.round(atMs / 1000) % everySeconds === 0) this.#io.stderr(`${line}\n`);
  }

  clear(): void {
    if (this.#shown) this.#io.stderr("\r\x1b[2K");
    this.#shown = false;
  }
}

/** What happened in one second, for people. */
export function secondText(second: RunSecond): string {
  const { queries, latency, answered, failed, shed, coverage, attempts } = second;
  const ended = answered + failed;
  const hedges = attempts.first === 0 ? 0 : attempts.hedges / attempts.first;
  const parts = [
    `${queries}/s`,
    `p50 ${latency.quantileMs(0.5).toFixed(1)} p99 ${latency.quantileMs(0.99).toFixed(1)} ms`,
    `coverage ${(ended === 0 ? 0 : coverage / ended).toFixed(4)}`,
    `hedges ${(hedges * 100).toFixed(1)} %`,
    `errors ${failed}`,
    ...(shed > 0 ? [`shed ${shed}`] : []),
  ];
  return parts.join("  ");
}
