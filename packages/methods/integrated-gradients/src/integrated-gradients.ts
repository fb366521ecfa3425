import {
  baselineOption, defineMethod, flagOption, gradientAt, INPUT, integerOption, makeBaseline, meanGradients, quadratureOption, quadratureRule, sampleData,
  scoreChange, selectObjective, zeros,
  type Baseline, type MethodFactory, type Quadrature, type Tensor,
} from '@pellucid/core';

/** How the integral along the path is taken. */
export interface IntegratedGradientsOptions {
  /** Points on the path; the cost grows linearly. @defaultValue 50 */
  readonly steps: number;
  /** The rule for the integral. @defaultValue 'gausslegendre' */
  readonly quadrature: Quadrature;
  /** Where the path starts. @defaultValue 'zero' */
  readonly baseline: Baseline;
  /** Whether the mean gradient is multiplied by the distance travelled, input - baseline. @defaultValue true */
  readonly multiplyByInputs: boolean;
}

/**
 * Integrated Gradients: the mean gradient along the straight path from a baseline to the input, times the distance travelled. The map
 * has the input's shape and sums to f(input) - f(baseline), up to the quadrature; `convergenceDelta` says how far it is off.
 * @see {@link https://arxiv.org/abs/1703.01365 | Sundararajan et al. 2017}, equation 3
 */
export const integratedGradients: MethodFactory<'gradient', IntegratedGradientsOptions> = defineMethod({
  name: 'integrated-gradients',
  title: 'Integrated Gradients',
  paper: {
    authors: 'Sundararajan, Taly, Yan',
    year: 2017,
    title: 'Axiomatic Attribution for Deep Networks',
    url: 'https://arxiv.org/abs/1703.01365',
  },
  kind: 'local',
  needs: ['gradient'],
  options: {
    steps: integerOption(50, 1, 'Points on the path; the cost grows linearly.'),
    quadrature: quadratureOption,
    baseline: baselineOption('zero', 'Where the path starts: what stands for an absent image.'),
    multiplyByInputs: flagOption(true, 'Multiply the mean gradient by input - baseline; without, the map is in units of the gradient.'),
  },
  async explain(model, batch, { steps, quadrature, baseline: start, multiplyByInputs }, context) {
    const rule = quadratureRule(quadrature, steps, 'integrated-gradients');
    const { input, objective } = batch;
    const baseline = makeBaseline(start, batch, context);
    const gradients = async (points: Tensor, samples: readonly number[]): Promise<Tensor> =>
      gradientAt(await model.evaluate({ input: points, gradient: { of: selectObjective(objective, samples), at: [INPUT] } }), INPUT);
    const { means } = await meanGradients({ to: input, from: baseline, rule, context, gradients });
    const values = zeros(input.shape);
    const sums = means.map((mean, sample) => {
      const [x, x0, map] = [sampleData(input, sample), sampleData(baseline, sample), sampleData(values, sample)];
      let sum = 0;
      // A loop makes no object of each number, as callbacks over typed arrays do.
      for (let i = 0; i < mean.length; i++) {
        const value = multiplyByInputs ? (x[i]! - x0[i]!) * mean[i]! : mean[i]!;
        map[i] = value;
        sum += value;
      }
      return sum;
    });
    // A map of mean gradients promises no sum, so that there is nothing to measure.
    if (!multiplyByInputs) return { values };
    const change = await scoreChange(model, batch, { input: baseline });
    return { values, convergenceDelta: sums.map((sum, sample) => sum - change[sample]!) };
  },
});
