import { defineMethod, gradientAt, INPUT, type MethodFactory } from '@pellucid/core';
import { deconvolutionRules } from './rules.ts';

/** Deconvolution has no options. */
export type DeconvolutionOptions = Record<never, never>;

/**
 * Deconvolution: the explained score sent back to the input, where every ReLU drops negative gradients and ignores the sign of its own
 * input. The map has the input's shape. Other activations keep their true derivative; the explanation lists them.
 * @see {@link https://arxiv.org/abs/1311.2901 | Zeiler and Fergus 2013}, section 2.1
 */
export const deconvolution: MethodFactory<'gradient' | 'backward-rules', DeconvolutionOptions> = defineMethod({
  name: 'deconvolution',
  title: 'Deconvolution',
  paper: {
    authors: 'Zeiler, Fergus',
    year: 2013,
    title: 'Visualizing and Understanding Convolutional Networks',
    url: 'https://arxiv.org/abs/1311.2901',
  },
  kind: 'local',
  needs: ['gradient', 'backward-rules'],
  options: {},
  backwardRules: () => deconvolutionRules,
  async explain(model, { input, objective }) {
    const gradient = { of: objective, at: [INPUT], rules: deconvolutionRules } as const;
    return { values: gradientAt(await model.evaluate({ input, gradient }), INPUT) };
  },
});
