import { defineMethod, gradientAt, INPUT, zipWith, type MethodFactory } from '@pellucid/core';

/**
 * Input x Gradient: every input value times the gradient of the explained score there. Complete for linear models without a bias.
 * @see {@link https://arxiv.org/abs/1605.01713 | Shrikumar et al. 2016}
 */
export const inputXGradient: MethodFactory<'gradient', object> = defineMethod({
  name: 'input-x-gradient',
  title: 'Input x Gradient',
  paper: {
    authors: 'Shrikumar, Greenside, Shcherbina, Kundaje',
    year: 2016,
    title: 'Not Just a Black Box: Learning Important Features Through Propagating Activation Differences',
    url: 'https://arxiv.org/abs/1605.01713',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {},
  async explain(model, { input, objective }) {
    const evaluation = await model.evaluate({ input, gradient: { of: objective, at: [INPUT] } });
    return { values: zipWith(input, gradientAt(evaluation, INPUT), (x, gradient) => x * gradient) };
  },
});
