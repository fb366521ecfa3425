/** The scores of one design: of its mask, and of the mask with each feature exchanged. */
export interface DesignScores {
  readonly whole: number;
  readonly exchanged: Float64Array;
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Total indices by Jansen's estimator: mean of (f(A) - f(Cᵢ))² / 2 over the variance of f(A). A score that does not vary has indices of 0. The errors are those
 * of a quotient of two means over independent designs.
 */
export function totalIndices(designs: readonly DesignScores[], features: number): { readonly indices: Float64Array; readonly errors: Float64Array } {
  const count = designs.length;
  const centre = meanOf(designs.map(({ whole }) => whole));
  const deviations = designs.map(({ whole }) => (whole - centre) ** 2);
  const variance = meanOf(deviations) * (count / (count - 1));
  const indices = new Float64Array(features);
  const errors = new Float64Array(features);
  for (let feature = 0; feature < features; feature++) {
    const halves = designs.map(({ whole, exchanged }) => (whole - exchanged[feature]!) ** 2 / 2);
    const index = variance === 0 ? 0 : meanOf(halves) / variance;
    // Linearised: what each design adds to the numerator less its share of the denominator.
    const residuals = halves.map((half, i) => half - index * deviations[i]!);
    const spread = meanOf(residuals.map((residual) => (residual - meanOf(residuals)) ** 2)) * (count / (count - 1));
    indices[feature] = index;
    errors[feature] = variance === 0 ? 0 : Math.sqrt(spread / count) / variance;
  }
  return { indices, errors };
}
