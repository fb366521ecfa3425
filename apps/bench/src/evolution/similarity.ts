/** One channel of values, row by row. */
export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly values: ArrayLike<number>;
}

/** How alike two maps are. */
export interface Similarity {
  /** Mean squared error. */
  readonly mse: number;
  /** Peak signal-to-noise ratio in decibels; null where the maps are equal. */
  readonly psnr: number | null;
  /** Structural similarity, 1 for equal maps; null for maps smaller than its window. */
  readonly ssim: number | null;
}

/** Window and constants of Wang et al. 2004, section III.C. */
const RADIUS = 5;
const SIGMA = 1.5;
const K1 = 0.01;
const K2 = 0.03;

const side = 2 * RADIUS + 1;
const bell = Array.from({ length: side }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)));
const total = bell.reduce((a, b) => a + b, 0);
const WEIGHTS = bell.flatMap((a) => bell.map((b) => (a * b) / total ** 2));

/** Structural similarity of one window, eq. 13. */
function windowSimilarity(a: Plane, b: Plane, row: number, column: number, range: number): number {
  let [meanA, meanB, squareA, squareB, product] = [0, 0, 0, 0, 0];
  for (let i = 0; i < side * side; i++) {
    const place = (row + Math.floor(i / side)) * a.width + column + (i % side);
    const [x, y, weight] = [a.values[place]!, b.values[place]!, WEIGHTS[i]!];
    meanA += weight * x;
    meanB += weight * y;
    squareA += weight * x * x;
    squareB += weight * y * y;
    product += weight * x * y;
  }
  const [c1, c2] = [(K1 * range) ** 2, (K2 * range) ** 2];
  const [varianceA, varianceB, covariance] = [squareA - meanA ** 2, squareB - meanB ** 2, product - meanA * meanB];
  return ((2 * meanA * meanB + c1) * (2 * covariance + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2));
}

/**
 * How alike two maps of one size are.
 * @param range - the length of the interval that the values can take
 * @see {@link https://doi.org/10.1109/TIP.2003.819861 | Wang et al. 2004}, over the windows that lie wholly inside
 */
export function similarity(a: Plane, b: Plane, range: number): Similarity {
  const count = a.height * a.width;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (a.values[i]! - b.values[i]!) ** 2;
  const mse = sum / count;
  const [rows, columns] = [a.height - side + 1, a.width - side + 1];
  let windows = 0;
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) windows += windowSimilarity(a, b, row, column, range);
  return {
    mse,
    psnr: mse === 0 ? null : 10 * Math.log10(range ** 2 / mse),
    ssim: rows < 1 || columns < 1 ? null : windows / (rows * columns),
  };
}
