/** Masks and the scores that they got. */
export interface MaskedScores {
  readonly features: number;
  /** Rows of zeros and ones. */
  readonly kept: Uint8Array;
  readonly scores: Float64Array;
}

/** The median of the distances between scores, the usual width of the kernel; 1 where all are equal. */
function medianDistance(scores: Float64Array): number {
  const distances: number[] = [];
  for (let i = 0; i < scores.length; i++) for (let j = 0; j < i; j++) distances.push(Math.abs(scores[i]! - scores[j]!));
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] || distances.at(-1) || 1;
}

/** H L H of the Gaussian kernel of the scores, H taking row and column means away. */
function centredScoreKernel(scores: Float64Array): Float64Array {
  const count = scores.length;
  const width = medianDistance(scores);
  const kernel = new Float64Array(count * count);
  const means = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const value = Math.exp(-((scores[i]! - scores[j]!) ** 2) / (2 * width ** 2));
      kernel[i * count + j] = value;
      means[i]! += value / count;
    }
  }
  const mean = means.reduce((a, b) => a + b, 0) / count;
  return kernel.map((value, at) => value - means[Math.floor(at / count)]! - means[at % count]! + mean);
}

/**
 * The Hilbert-Schmidt independence criterion of each feature's presence and the score, tr(K H L H) / (n - 1)² (Gretton et al. 2005, definition 2), and its
 * standard error: twice that of the mean over masks, as for any V-statistic. K is 1 for masks that agree on the feature, 0 for those that do not.
 */
export function dependences({ features, kept, scores }: MaskedScores): { readonly values: Float64Array; readonly errors: Float64Array } {
  const count = scores.length;
  const kernel = centredScoreKernel(scores);
  const values = new Float64Array(features);
  const errors = new Float64Array(features);
  for (let feature = 0; feature < features; feature++) {
    const present = Float64Array.from({ length: count }, (_, row) => kept[row * features + feature]!);
    const share = present.reduce((a, b) => a + b, 0) / count;
    // The centred kernel of zeros and ones factorises: H K H = 2 (z - mean)(z - mean)ᵀ.
    const terms = Float64Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < count; j++) sum += (present[j]! - share) * kernel[i * count + j]!;
      return (2 * (present[i]! - share) * sum) / count;
    });
    const mean = terms.reduce((a, b) => a + b, 0) / count;
    const spread = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0) / (count - 1);
    values[feature] = mean * (count / (count - 1)) ** 2;
    errors[feature] = 2 * Math.sqrt(spread / count);
  }
  return { values, errors };
}
