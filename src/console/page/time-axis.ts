/** What one time takes of an axis at least, with a gap to the next. */
const labelPx = 72;
const hourS = 3_600;
const stepsS = [10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, hourS];

/** Round times before the newest, newest first: no more of them, in seconds from `min` to `max`, than a width can name. */
export function instantsBack({ min, max, widthPx }: { min: number; max: number; widthPx: number }): number[] {
  const spanS = max - min;
  const leastS = spanS / Math.max(1, Math.floor(widthPx / labelPx) - 1);
  const stepS = stepsS.find((step) => step >= leastS) ?? Math.ceil(leastS / hourS) * hourS;
  return Array.from({ length: Math.floor(spanS / stepS) + 1 }, (_, i) => max - i * stepS);
}

/** How long ago something was, in a word or two. */
export function agoText(seconds: number): string {
  if (seconds < 1) return "now";
  return seconds < 60 ? `${seconds.toFixed(0)} s ago` : `${(seconds / 60).toFixed(0)} min ago`;
}
