import { factorise, solveFactorised } from '@pellucid/core';

/** Scores of coalitions, and how much each counts. */
export interface ScoredCoalitions {
  /** Rows of zeros and ones. */
  readonly kept: Uint8Array;
  readonly scores: Float64Array;
  readonly weights: ArrayLike<number>;
}

/** What the values sum to: the scores of no feature and of all. */
export interface Ends {
  readonly none: number;
  readonly all: number;
}

/** The equations of a least-squares fit whose coefficients sum to a given number, the last coefficient taken out. */
export interface Regression {
  readonly features: number;
  readonly ends: Ends;
  /** Normal matrix of features - 1 unknowns, and right side. */
  readonly matrix: Float64Array;
  readonly right: Float64Array;
}

/** A regression without any coalition yet. */
export function emptyRegression(features: number, ends: Ends): Regression {
  return { features, ends, matrix: new Float64Array((features - 1) ** 2), right: new Float64Array(features - 1) };
}

/** Row `coalition` with the last feature taken out: zᵢ - z_last for the unknowns, and what is left of the score. */
export function reducedRow({ features, ends }: Regression, { kept, scores }: ScoredCoalitions, coalition: number): { readonly x: Int8Array; readonly y: number } {
  const row = kept.subarray(coalition * features, (coalition + 1) * features);
  const last = row[features - 1]!;
  return {
    x: Int8Array.from({ length: features - 1 }, (_, i) => row[i]! - last),
    y: scores[coalition]! - ends.none - last * (ends.all - ends.none),
  };
}

/** Takes coalitions into account, in place. */
export function addCoalitions(regression: Regression, coalitions: ScoredCoalitions, scale = 1): void {
  const { matrix, right } = regression;
  const unknowns = right.length;
  coalitions.scores.forEach((_, coalition) => {
    const { x, y } = reducedRow(regression, coalitions, coalition);
    const weight = coalitions.weights[coalition]! * scale;
    for (let i = 0; i < unknowns; i++) {
      if (x[i] === 0) continue;
      const left = weight * x[i]!;
      right[i]! += left * y;
      for (let j = 0; j < unknowns; j++) matrix[i * unknowns + j]! += left * x[j]!;
    }
  });
}

/** A fit: the value of every feature, and the factor of the normal matrix. */
export interface ShapleyFit {
  readonly values: Float64Array;
  readonly factor: Float64Array;
}

/** The values that fit the coalitions best and sum to the change of the score; undefined where the coalitions do not determine them. */
export function solveRegression({ features, ends, matrix, right }: Regression): ShapleyFit | undefined {
  const factor = factorise(matrix, features - 1);
  if (factor === undefined) return undefined;
  const unknowns = solveFactorised(factor, right);
  const last = ends.all - ends.none - unknowns.reduce((a, b) => a + b, 0);
  return { values: Float64Array.of(...unknowns, last), factor };
}

/**
 * Standard errors of the values that random pairs leave, each pair (rows 2 i and 2 i + 1) an independent draw of weight `weight` a row: the sandwich
 * estimate of a weighted regression.
 */
export function regressionErrors(regression: Regression, { values, factor }: ShapleyFit, pairs: ScoredCoalitions, weight: number): Float64Array {
  const unknowns = values.length - 1;
  const count = pairs.scores.length / 2;
  const influences = Array.from({ length: count }, (_, pair) => {
    const gradient = new Float64Array(unknowns);
    for (const coalition of [2 * pair, 2 * pair + 1]) {
      const { x, y } = reducedRow(regression, pairs, coalition);
      const residual = y - x.reduce((sum, value, i) => sum + value * values[i]!, 0);
      for (let i = 0; i < unknowns; i++) gradient[i]! += weight * x[i]! * residual;
    }
    const influence = solveFactorised(factor, gradient);
    return Float64Array.of(...influence, -influence.reduce((a, b) => a + b, 0));
  });
  return values.map((_, feature) => {
    const mean = influences.reduce((sum, influence) => sum + influence[feature]!, 0) / count;
    const spread = influences.reduce((sum, influence) => sum + (influence[feature]! - mean) ** 2, 0);
    return count < 2 ? Infinity : Math.sqrt((spread * count) / (count - 1));
  });
}
