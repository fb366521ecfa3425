/** Added to variances before the root is taken, as in PyTorch. */
export const BATCH_NORM_EPSILON = 1e-5;

/** The share of a batch's mean and variance in the new running means, as in PyTorch. */
export const BATCH_NORM_MOMENTUM = 0.1;
