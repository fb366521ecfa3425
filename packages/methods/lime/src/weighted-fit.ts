import { factorise, solveFactorised } from '@pellucid/core';

/** Scores of perturbed samples: which features each keeps, and how close it is to the sample. */
export interface Neighbourhood {
  readonly features: number;
  /** Rows of zeros and ones. */
  readonly kept: Uint8Array;
  readonly scores: Float64Array;
  readonly similarities: Float64Array;
}

/** A linear model of the neighbourhood: a coefficient per feature, with its standard error. */
export interface LinearFit {
  readonly coefficients: Float64Array;
  readonly errors: Float64Array;
}

/** Weighted second moments about the weighted means; the weights sum to 1. */
interface Moments {
  readonly weights: Float64Array;
  readonly means: Float64Array;
  readonly meanScore: number;
  /** Covariances of features, and of each feature with the score. */
  readonly gram: Float64Array;
  readonly along: Float64Array;
}

function momentsOf({ features, kept, scores, similarities }: Neighbourhood): Moments {
  const total = similarities.reduce((a, b) => a + b, 0);
  const weights = similarities.map((similarity) => similarity / total);
  const means = new Float64Array(features);
  let meanScore = 0;
  weights.forEach((weight, row) => {
    meanScore += weight * scores[row]!;
    for (let i = 0; i < features; i++) means[i]! += weight * kept[row * features + i]!;
  });
  const gram = new Float64Array(features * features);
  const along = new Float64Array(features);
  weights.forEach((weight, row) => {
    const deviations = means.map((mean, i) => kept[row * features + i]! - mean);
    for (let i = 0; i < features; i++) {
      const left = weight * deviations[i]!;
      along[i]! += left * (scores[row]! - meanScore);
      for (let j = 0; j < features; j++) gram[i * features + j]! += left * deviations[j]!;
    }
  });
  return { weights, means, meanScore, gram, along };
}

const SWEEPS = 10_000;
const CONVERGED = 1e-13;

/** Minimises 1/2 Σ w (y - b - z c)² + alpha |c|₁ over c and b, by coordinate descent on the covariances (Friedman et al. 2010, section 2.2). */
function lasso({ gram, along }: Moments, alpha: number): Float64Array {
  const features = along.length;
  const coefficients = new Float64Array(features);
  const scale = along.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let change = 0;
    for (let i = 0; i < features; i++) {
      const own = gram[i * features + i]!;
      if (own === 0) continue;
      let rest = along[i]!;
      for (let j = 0; j < features; j++) if (j !== i) rest -= gram[i * features + j]! * coefficients[j]!;
      const value = (Math.sign(rest) * Math.max(Math.abs(rest) - alpha, 0)) / own;
      change = Math.max(change, own * Math.abs(value - coefficients[i]!));
      coefficients[i] = value;
    }
    if (change <= CONVERGED * scale) break;
  }
  return coefficients;
}

/** Rows and columns of a square matrix. */
function submatrix(matrix: Float64Array, size: number, chosen: readonly number[]): Float64Array {
  return Float64Array.from({ length: chosen.length ** 2 }, (_, at) => {
    return matrix[chosen[Math.floor(at / chosen.length)]! * size + chosen[at % chosen.length]!]!;
  });
}

/** Standard errors of the coefficients of the chosen features, by the sandwich estimate of a weighted regression; 0 for the others. */
function sandwich(neighbourhood: Neighbourhood, moments: Moments, coefficients: Float64Array, chosen: readonly number[], factor: Float64Array): Float64Array {
  const { features, kept, scores } = neighbourhood;
  const { weights, means, meanScore } = moments;
  const sums = new Float64Array(chosen.length);
  weights.forEach((weight, row) => {
    const residual = coefficients.reduce((rest, value, i) => rest - value * (kept[row * features + i]! - means[i]!), scores[row]! - meanScore);
    const influence = solveFactorised(factor, chosen.map((i) => weight * residual * (kept[row * features + i]! - means[i]!)));
    influence.forEach((value, place) => { sums[place]! += value * value; });
  });
  const freedom = weights.length - chosen.length - 1;
  const errors = new Float64Array(features);
  chosen.forEach((i, place) => { errors[i] = freedom < 1 ? Infinity : Math.sqrt((sums[place]! * weights.length) / freedom); });
  return errors;
}

/**
 * Fits a linear model with an intercept, its coefficients held small by `alpha` times the sum of their absolute values (0: least squares). The
 * errors are those of the features that are not 0, given that they are not. Undefined where the samples do not determine the model.
 */
export function fitNeighbourhood(neighbourhood: Neighbourhood, alpha: number): LinearFit | undefined {
  const { features } = neighbourhood;
  const moments = momentsOf(neighbourhood);
  const sparse = alpha === 0 ? undefined : lasso(moments, alpha);
  const chosen = Array.from({ length: features }, (_, i) => i).filter((i) => sparse === undefined || sparse[i] !== 0);
  if (chosen.length === 0) return { coefficients: new Float64Array(features), errors: new Float64Array(features) };
  const factor = factorise(submatrix(moments.gram, features, chosen), chosen.length);
  if (factor === undefined) return sparse && { coefficients: sparse, errors: new Float64Array(features).fill(Infinity) };
  const coefficients = sparse ?? solveFactorised(factor, moments.along);
  return { coefficients, errors: sandwich(neighbourhood, moments, coefficients, chosen, factor) };
}
