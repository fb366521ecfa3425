import { defineMethod, gradientAt, INPUT, type MethodFactory } from '@pellucid/core';

/** How the map is made. */
export type InternalInfluenceOptions = Readonly<Record<never, never>>;

/**
 * Internal influence: what the map shows, in which shape, with which signs.
 * @see {@link https://arxiv.org/abs/1312.6034 | the paper, and the equation that the code follows}
 */
export const internalInfluence: MethodFactory<'gradient', InternalInfluenceOptions> = defineMethod({
  name: 'internal-influence',
  title: 'Internal influence',
  paper: { authors: 'Simonyan, Vedaldi, Zisserman', year: 2013, title: 'Deep Inside Convolutional Networks', url: 'https://arxiv.org/abs/1312.6034' },
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }) {
    const evaluation = await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } });
    return { values: gradientAt(evaluation, INPUT) };
  },
});
