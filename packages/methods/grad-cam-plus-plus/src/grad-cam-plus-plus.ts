import { defineMethod, gradientAt, INPUT, type MethodFactory } from '@pellucid/core';

/** How the map is made. */
export type GradCamPlusPlusOptions = Readonly<Record<never, never>>;

/**
 * Grad-CAM++: what the map shows, in which shape, with which signs.
 * @see {@link https://arxiv.org/abs/1312.6034 | the paper, and the equation that the code follows}
 */
export const gradCamPlusPlus: MethodFactory<'gradient', GradCamPlusPlusOptions> = defineMethod({
  name: 'grad-cam-plus-plus',
  title: 'Grad-CAM++',
  paper: { authors: 'Simonyan, Vedaldi, Zisserman', year: 2013, title: 'Deep Inside Convolutional Networks', url: 'https://arxiv.org/abs/1312.6034' },
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }) {
    const evaluation = await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } });
    return { values: gradientAt(evaluation, INPUT) };
  },
});
