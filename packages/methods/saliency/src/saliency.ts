import { defineMethod, flagOption, gradientAt, INPUT, mapValues, type MethodFactory } from '@pellucid/core';

/** How the saliency map is made. */
export interface SaliencyOptions {
  /** Whether to drop the signs, as in the paper. @defaultValue false: raw values, signed */
  readonly absolute: boolean;
}

/**
 * Saliency: the gradient of the explained score with respect to the input, in the input's shape.
 * @see {@link https://arxiv.org/abs/1312.6034 | Simonyan et al. 2013}, section 3
 */
export const saliency: MethodFactory<'gradient', SaliencyOptions> = defineMethod({
  name: 'saliency',
  title: 'Saliency',
  paper: {
    authors: 'Simonyan, Vedaldi, Zisserman',
    year: 2013,
    title: 'Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps',
    url: 'https://arxiv.org/abs/1312.6034',
  },
  kind: 'local',
  needs: ['gradient'],
  options: { absolute: flagOption(false, 'Drop the signs of the gradient.') },
  async explain(model, { input, objective }, { absolute }) {
    const gradient = gradientAt(await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } }), INPUT);
    return { values: absolute ? mapValues(gradient, Math.abs) : gradient };
  },
});
