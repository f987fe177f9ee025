/** How many may pass: `perS` a second in the long run, `burst` at once after a pause. */
export type Rate = { perS: number; burst: number };

/**
 * A token bucket (Turner 1986): full at first, refilled steadily, never above `burst`. It reads no clock: time that
 * goes backwards, or stands still, fills nothing.
 */
export class TokenBucket {
  #rate: Rate;
  #tokens: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes one token: 0 when it was there, else the milliseconds until one will be. */
  take(nowMs: number): number {
    const { perS, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, nowMs - this.#atMs) * perS) / 1000);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (this.#tokens < 1) return ((1 - this.#tokens) * 1000) / perS;
    this.#tokens--;
    return 0;
  }

  /** Changes the rate; what was used stays used. */
  adjust(rate: Rate): void {
    this.#tokens = Math.min(this.#tokens, rate.burst);
    this.#rate = rate;
  }
}
