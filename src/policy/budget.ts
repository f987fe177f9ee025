import type { BudgetSettings } from "./settings.ts";

const slotCount = 10;

/**
 * Pays for extra attempts, hedges and retries alike, out of what first attempts earn (the idea of Finagle's
 * RetryBudget). Deposits can be spent for `windowMs` and no longer, oldest first, so a quiet morning does not pay for a
 * storm. On top comes a reserve that time earns, at most a window's worth. An empty budget means no extra attempt; it
 * never keeps a first one from being sent.
 */
export class AttemptBudget {
  private readonly settings: BudgetSettings;
  private readonly slotMs: number;
  private readonly slots = new Float64Array(slotCount);
  private newest = 0;
  private total = 0;
  /** What first attempts earned in each slot, spent or not. */
  private readonly earnings = new Float64Array(slotCount);
  private earned = 0;
  private reserve: number;
  private reserveAtMs: number | undefined = undefined;

  constructor(settings: BudgetSettings) {
    this.settings = settings;
    this.slotMs = settings.windowMs / slotCount;
    this.reserve = (settings.reservePerSecond * settings.windowMs) / 1000;
  }

  /** A first attempt was sent. */
  deposit(nowMs: number): void {
    this.advance(nowMs);
    const place = this.newest % slotCount;
    this.slots[place] = (this.slots[place] ?? 0) + this.settings.deposit;
    this.total += this.settings.deposit;
    this.earnings[place] = (this.earnings[place] ?? 0) + this.settings.deposit;
    this.earned += this.settings.deposit;
  }

  /**
   * Takes one extra attempt out, or answers false and takes nothing. What is not urgent (0; 1 is most) leaves some of
   * the window's earnings: hedging spends all it is let, and the moment a leaf dies is when a retry must be had, and
   * when an attempt that has waited long must not find that younger ones were served before it.
   */
  tryWithdraw(urgency: number, nowMs: number): boolean {
    this.advance(nowMs);
    const kept = this.earned * this.settings.retryShare * (1 - Math.min(1, Math.max(0, urgency)));
    if (this.total + this.reserve < 1 + kept - 1e-9) return false;
    const fromReserve = Math.min(1, this.reserve);
    this.reserve -= fromReserve;
    this.takeOldest(1 - fromReserve);
    return true;
  }

  /** Gives one back: the extra attempt was called off before it cost anything. */
  refund(nowMs: number): void {
    this.advance(nowMs);
    const place = this.newest % slotCount;
    this.slots[place] = (this.slots[place] ?? 0) + 1;
    this.total += 1;
  }

  /** How many extra attempts could be sent now. */
  balance(nowMs: number): number {
    this.advance(nowMs);
    return this.total + this.reserve;
  }

  private takeOldest(amount: number): void {
    let left = amount;
    for (let i = 1; i <= slotCount && left > 0; i++) {
      const place = (this.newest + i) % slotCount;
      const taken = Math.min(left, this.slots[place] ?? 0);
      this.slots[place] = (this.slots[place] ?? 0) - taken;
      this.total -= taken;
      left -= taken;
    }
    if (this.total < 0) this.total = 0;
  }

  private advance(nowMs: number): void {
    if (this.reserveAtMs === undefined) this.reserveAtMs = nowMs;
    if (nowMs > this.reserveAtMs) {
      const { reservePerSecond, windowMs } = this.settings;
      const reserveMax = (reservePerSecond * windowMs) / 1000;
      this.reserve = Math.min(reserveMax, this.reserve + ((nowMs - this.reserveAtMs) / 1000) * reservePerSecond);
      this.reserveAtMs = nowMs;
    }
    const tick = Math.floor(nowMs / this.slotMs);
    if (tick <= this.newest) return;
    const stale = Math.min(tick - this.newest, slotCount);
    for (let i = 0; i < stale; i++) {
      const place = (tick - i) % slotCount;
      this.total -= this.slots[place] ?? 0;
      this.earned -= this.earnings[place] ?? 0;
      this.slots[place] = 0;
      this.earnings[place] = 0;
    }
    if (stale === slotCount) {
      this.total = 0;
      this.earned = 0;
    }
    this.newest = tick;
  }
}
