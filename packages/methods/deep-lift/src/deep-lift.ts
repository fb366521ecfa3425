import {
  baselineOption, batchSize, concatBatches, defineMethod, flagOption, gradientAt, INPUT, makeBaseline, sampleData, score, selectObjective,
  sliceBatch, zeros,
  type Baseline, type MethodFactory,
} from '@pellucid/core';
import { pairObjective } from './pair-objective.ts';
import { deepLiftRules } from './rules.ts';

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
    const { start: objective, measured } = await pairObjective(model, batch, baseline);
    const total = batchSize(input);
    const perPiece = Math.max(1, Math.floor(context.chunkSize / 2));
    const values = zeros(input.shape);
    const delta: number[] = [];
    for (let start = 0; start < total; start += perPiece) {
      const end = Math.min(start + perPiece, total);
      const samples = Array.from({ length: end - start }, (_, i) => start + i);
      const pairs = concatBatches([sliceBatch(input, start, end), sliceBatch(baseline, start, end)]);
      const doubled = [...samples, ...samples];
      const gradient = { of: selectObjective(objective, doubled), at: [INPUT], rules: deepLiftRules } as const;
      const evaluation = await model.evaluate({ input: pairs, gradient });
      const scores = score(selectObjective(measured, doubled), evaluation.logits);
      for (const [i, sample] of samples.entries()) {
        const [x, x0] = [sampleData(input, sample), sampleData(baseline, sample)];
        const multipliers = sampleData(gradientAt(evaluation, INPUT), i);
        const map = Float64Array.from(multipliers, (multiplier, j) => multiplier * (x[j]! - x0[j]!));
        sampleData(values, sample).set(multiplyByInputs ? map : multipliers);
        delta.push(map.reduce((a, b) => a + b, 0) - (scores[i]! - scores[samples.length + i]!));
      }
      context.progress(end, total);
    }
    return multiplyByInputs ? { values, convergenceDelta: delta } : { values };
  },
});
