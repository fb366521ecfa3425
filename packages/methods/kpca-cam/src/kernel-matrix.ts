/** How alike two pixels are: tanh(gamma x.y + 1), or exp(-gamma |x - y|^2). */
export type Kernel = 'sigmoid' | 'rbf';

/** Pixels as vectors of channels, one after the other, each channel's mean taken away. */
export function centredPixels(channels: number, pixels: number, values: ArrayLike<number>): Float64Array {
  const points = new Float64Array(pixels * channels);
  for (let k = 0; k < channels; k++) {
    let sum = 0;
    for (let p = 0; p < pixels; p++) sum += values[k * pixels + p]!;
    for (let p = 0; p < pixels; p++) points[p * channels + k] = values[k * pixels + p]! - sum / pixels;
  }
  return points;
}

/** The kernel of all pairs of pixels, [pixels x pixels], centred in the space of features (Schoelkopf et al. 1998, appendix A). */
export function kernelMatrix(points: Float64Array, pixels: number, kernel: Kernel, gamma: number): Float64Array {
  const channels = points.length / pixels;
  const matrix = new Float64Array(pixels * pixels);
  for (let p = 0; p < pixels; p++) {
    for (let q = 0; q <= p; q++) {
      let product = 0;
      let distance = 0;
      for (let k = 0; k < channels; k++) {
        const [a, b] = [points[p * channels + k]!, points[q * channels + k]!];
        product += a * b;
        distance += (a - b) ** 2;
      }
      matrix[p * pixels + q] = matrix[q * pixels + p] = kernel === 'sigmoid' ? Math.tanh(gamma * product + 1) : Math.exp(-gamma * distance);
    }
  }
  const means = Float64Array.from({ length: pixels }, (_, p) => matrix.subarray(p * pixels, (p + 1) * pixels).reduce((sum, value) => sum + value, 0) / pixels);
  const mean = means.reduce((sum, value) => sum + value, 0) / pixels;
  return matrix.map((value, i) => value - means[Math.floor(i / pixels)]! - means[i % pixels]! + mean);
}

/** A v, for a square matrix. */
export function multiply(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  return vector.map((_, row) => {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += matrix[row * size + i]! * vector[i]!;
    return sum;
  });
}
