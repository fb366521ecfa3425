import {
  baselineOption, batchSize, deepLiftRules, defineMethod, flagOption, INPUT, makeBaseline, pairMultipliers, pairObjective, sampleData, zeros,
  type Baseline, type MethodFactory, type Tensor,
} from '@pellucid/core';

/** How contributions are measured. */
export interface DeepLiftOptions {
  /** What the input is compared with. @defaultValue 'zero' */
  readonly baseline: Baseline;
  /** Whether multipliers are multiplied by the change of the input, input - baseline. @defaultValue true */
  readonly multiplyByInputs: boolean;
}

/**
 * DeepLIFT with the Rescale rule: the change of the explained score from a baseline to the input, passed back through the network by the
 * quotients of changes. The map has the input's shape and sums to f(input) - f(baseline); `convergenceDelta` says how far it is off,
 * which happens where an operation has no rule (the explanation lists them) or behind an inner softmax.
 * @see {@link https://arxiv.org/abs/1704.02685 | Shrikumar et al. 2017}, section 3.5.1
 */
export const deepLift: MethodFactory<'gradient' | 'backward-rules', DeepLiftOptions> = defineMethod({
  name: 'deep-lift',
  title: 'DeepLIFT',
  paper: {
    authors: 'Shrikumar, Greenside, Kundaje',
    year: 2017,
    title: 'Learning Important Features Through Propagating Activation Differences',
    url: 'https://arxiv.org/abs/1704.02685',
  },
  kind: 'local',
  needs: ['gradient', 'backward-rules'],
  options: {
    baseline: baselineOption('zero', 'What the input is compared with: what stands for an absent image.'),
    multiplyByInputs: flagOption(true, 'Multiply the multipliers by input - baseline; without, the map is in units of the gradient.'),
  },
  backwardRules: () => deepLiftRules,
  async explain(model, batch, { baseline: from, multiplyByInputs }, context) {
    const { input } = batch;
    const baseline = makeBaseline(from, batch, context);
    const logitsOf = (of: Tensor) => async (): Promise<Tensor> => (await model.evaluate({ input: of })).logits;
    const objective = await pairObjective(batch.objective, logitsOf(input), logitsOf(baseline));
    const values = zeros(input.shape);
    const convergenceDelta: number[] = [];
    await pairMultipliers(model, { input, baseline, objective, at: INPUT }, context, 'deep-lift', (sample, { multipliers, contributions, contributed, scoreChange }) => {
      sampleData(values, sample).set(multiplyByInputs ? contributions : multipliers);
      convergenceDelta.push(contributed - scoreChange);
      context.progress(sample + 1, batchSize(input));
    });
    return multiplyByInputs ? { values, convergenceDelta } : { values };
  },
});
