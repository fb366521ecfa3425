import type { BackwardRules } from '@pellucid/core';

/** Guided backpropagation, Springenberg et al. 2014, equation 2: a ReLU lets through what is positive, where its input is. */
export const guidedRules: BackwardRules = {
  name: 'guided-grad-cam',
  rules: {
    'relu': ({ gradients, derivative }, { maximum, constant }) => derivative(maximum(gradients[0]!, constant(0))),
    // Their true derivative is the rule's: winners take all.
    'max-pool': ({ derivative }) => derivative(),
    'global-max-pool': ({ derivative }) => derivative(),
  },
};
