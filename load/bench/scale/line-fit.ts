export type Point = { x: number; y: number };

/** `y = fixed + each * x`; `missMost` is how far the worst point lies off, in the unit of `y`. */
export type Line = { fixed: number; each: number; missMost: number };

/** The line with the least squares of what it misses. Undefined where the points do not lie at two `x` or more. */
export function fitLine(points: readonly Point[]): Line | undefined {
  const mean = (value: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + value(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = mean(({ x }) => (x - meanX) ** 2);
  if (!(spread > 0)) return undefined;
  const each = mean(({ x, y }) => (x - meanX) * (y - meanY)) / spread;
  const fixed = meanY - each * meanX;
  const missMost = Math.max(...points.map(({ x, y }) => Math.abs(y - fixed - each * x)));
  return { fixed, each, missMost };
}
