import type { BackwardRules } from '@pellucid/core';

/**
 * A ReLU applies itself to the gradient and does not ask what its input was: section 2.1 of the paper. A max-pool passes the gradient to
 * the maximum, which the paper calls a switch and is its true derivative.
 */
export const deconvolutionRules: BackwardRules = {
  name: 'deconvolution',
  rules: {
    relu: ({ gradients }, { maximum, constant }) => [maximum(gradients[0]!, constant(0))],
    'max-pool': ({ derivative }) => derivative(),
    'global-max-pool': ({ derivative }) => derivative(),
  },
};
