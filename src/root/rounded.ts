/** Milliseconds as they are shown: to the microsecond. */
export function rounded(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
