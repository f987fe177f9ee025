import type { Clock } from "../time.ts";
import type { CommandIo } from "./io.ts";

/** How far something long has come. `done` of `total` may count anything; `total` is undefined where nobody knows it. */
export type Progress = { documents: number; done: number; total: number | undefined; elapsedMs: number };

const barWidth = 24;
const redrawMs = 100;
/** Takes the line away. */
const clearLine = "\r\x1b[2K";
/** A line that is wider than the terminal is cut at its edge: a second row of it would not be taken away. */
const [keepToLine, wrapAgain] = ["\x1b[?7l", "\x1b[?7h"];

/** One line: a bar, the documents so far, their rate, and the time that is left at the pace so far. */
export function progressLine(label: string, { documents, done, total, elapsedMs }: Progress): string {
  const rate = elapsedMs > 0 ? (1000 * documents) / elapsedMs : 0;
  const counted = `${formatCount(documents, "document")}  ${formatCount(rate)}/s`;
  if (total === undefined || total <= 0) return `${label}  ${counted}`;
  const share = Math.min(done / total, 1);
  const filled = Math.round(share * barWidth);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const left = share > 0 && share < 1 ? `  ${formatDuration((elapsedMs * (1 - share)) / share)} left` : "";
  return `${label}  ${bar} ${percent}  ${counted}${left}`;
}

/** Whether somebody watches what is written there on a terminal of the kind `term`, and it can take words back. */
export function canRedraw({ isTTY }: { isTTY?: boolean }, term: string | undefined): boolean {
  return isTTY === true && term !== "dumb";
}

/** A progress line that redraws itself on a terminal and stays silent elsewhere. */
export class ProgressBar {
  readonly #label: string;
  readonly #io: CommandIo;
  readonly #clock: Clock;
  readonly #startMs: number;
  #drawnMs = Number.NEGATIVE_INFINITY;

  constructor(label: string, io: CommandIo, clock: Clock) {
    this.#label = label;
    this.#io = io;
    this.#clock = clock;
    this.#startMs = clock.nowMs();
  }

  get elapsedMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }

  /** Draws at most ten times a second. */
  update(progress: Omit<Progress, "elapsedMs">): void {
    const nowMs = this.#clock.nowMs();
    if (!this.#io.isTerminal || nowMs - this.#drawnMs < redrawMs) return;
    this.#drawnMs = nowMs;
    const line = progressLine(this.#label, { ...progress, elapsedMs: this.elapsedMs });
    this.#io.stderr(`${keepToLine}${clearLine}${line}${wrapAgain}`);
  }

  /** Takes the bar away, so that what follows starts on a clean line. */
  clear(): void {
    if (this.#io.isTerminal) this.#io.stderr(clearLine);
  }
}

/** A count with its thousands apart, without a fraction; of things, where it says of which. */
export function formatCount(count: number, thing?: keyof typeof plurals): string {
  const digits = Math.round(count).toLocaleString("en-US");
  return thing === undefined ? digits : `${digits} ${Math.round(count) === 1 ? thing : plurals[thing]}`;
}

const plurals = { document: "documents", index: "indexes", search: "searches" } as const;

/** A duration for people: `850 ms`, `3.2 s`, `2 min 05 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}
