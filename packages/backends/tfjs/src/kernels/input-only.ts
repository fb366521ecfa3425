/** Whether the running pass wants gradients of the input and of layers alone. */
let inputOnly = false;

/**
 * Runs a pass in which the gradients of filters are not computed. A fused convolution computes them whether anybody asks or not, which
 * costs as much as the rest of the pass.
 */
export function withInputGradientsOnly<Result>(pass: () => Result): Result {
  const before = inputOnly;
  inputOnly = true;
  try {
    return pass();
  } finally {
    inputOnly = before;
  }
}

/** For kernels of filter gradients: whether they may return anything. */
export function skipsFilterGradients(): boolean {
  return inputOnly;
}
