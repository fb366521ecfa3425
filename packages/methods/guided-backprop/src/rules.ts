import type { BackwardRules } from '@pellucid/core';

/**
 * A ReLU lets a gradient through where its input and the gradient are both positive: equation 2 of the paper. A max-pool passes it to the
 * maximum, as its true derivative does.
 */
export const guidedBackpropRules: BackwardRules = {
  name: 'guided-backprop',
  rules: {
    relu: ({ gradients, derivative }, { maximum, constant }) => derivative(maximum(gradients[0]!, constant(0))),
    'max-pool': ({ derivative }) => derivative(),
    'global-max-pool': ({ derivative }) => derivative(),
  },
};
