const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

/** A count, its thousands apart. */
export function countText(count: number): string {
  return whole.format(count);
}

/** Milliseconds with the digits that matter at their size, and the unit. */
export function durationText(durationMs: number): string {
  if (durationMs >= 1_000) return `${hundredths.format(durationMs / 1000)} s`;
  if (durationMs >= 100) return `${whole.format(durationMs)} ms`;
  return `${(durationMs >= 10 ? tenths : hundredths).format(durationMs)} ms`;
}

/** A share of one as a percentage; never "100 %" for less than all, nor "0 %" for more than nothing. */
export function shareText(share: number): string {
  if (share > 0.999 && share < 1) return "99.9 %";
  if (share > 0 && share < 0.001) return "under 0.1 %";
  return `${tenths.format(share * 100)} %`;
}

/** A rate a second. */
export function rateText(perSecond: number): string {
  return perSecond >= 100 ? whole.format(perSecond) : tenths.format(perSecond);
}

/** `1 result`, `2 results`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
