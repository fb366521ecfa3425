import { defineMethod, gradientAt, INPUT, type MethodFactory } from '@pellucid/core';
import { guidedBackpropRules } from './rules.ts';

/** Guided backpropagation has no options. */
export type GuidedBackpropOptions = Record<never, never>;

/**
 * Guided backpropagation: the gradient of the explained score at the input, where every ReLU drops negative gradients too. The map has
 * the input's shape. Other activations keep their true derivative; the explanation lists them.
 * @see {@link https://arxiv.org/abs/1412.6806 | Springenberg et al. 2014}, equation 2
 */
export const guidedBackprop: MethodFactory<'gradient' | 'backward-rules', GuidedBackpropOptions> = defineMethod({
  name: 'guided-backprop',
  title: 'Guided Backpropagation',
  paper: {
    authors: 'Springenberg, Dosovitskiy, Brox, Riedmiller',
    year: 2014,
    title: 'Striving for Simplicity: The All Convolutional Net',
    url: 'https://arxiv.org/abs/1412.6806',
  },
  kind: 'local',
  needs: ['gradient', 'backward-rules'],
  options: {},
  backwardRules: () => guidedBackpropRules,
  async explain(model, { input, objective }) {
    const gradient = { of: objective, at: [INPUT], rules: guidedBackpropRules } as const;
    return { values: gradientAt(await model.evaluate({ input, gradient }), INPUT) };
  },
});
